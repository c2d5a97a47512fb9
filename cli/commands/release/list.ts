import { releaseStatuses } from '../../../contracts/release.ts';
import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { table } from '../../output/table.ts';
import { buildsText, statusTone } from './release-view.ts';

export const command = defineCommand({
  options: {
    project: {
      type: 'string',
      value: 'slug',
      completes: 'project',
      short: 'p',
      summary: 'Only those with a build of this project',
    },
    status: { type: 'string', value: 'status', choices: releaseStatuses, summary: 'Only those in this status' },
    ...accountOption,
    ...pageOptions,
  },
  async run(context) {
    const { project, status, account, limit } = context.options;
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, account);
    const filter = { project, status, accountId };
    const releases = await listPages((page) => connection.api.releases.list({ ...filter, ...page }), limit);
    context.output.result(
      releases,
      table(
        [
          { title: 'name', value: ({ name }) => name },
          { title: 'status', value: (release) => release.status, tone: (release) => statusTone[release.status] },
          { title: 'builds', value: buildsText },
          { title: 'made', value: ({ createdAt }) => createdAt.slice(0, 16).replace('T', ' ') },
          { title: 'description', value: ({ description }) => description.split('\n')[0] ?? '' },
        ],
        releases,
        'No releases. Make one with: sfp release create <name> --build <project>',
      ),
    );
  },
});
