import { deploymentStatuses } from '../../../contracts/deployment.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { historyFilter, historyOptions } from '../../context/history-options.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { formatDuration } from '../../output/duration.ts';
import { table } from '../../output/table.ts';
import { namesOf } from './names-of.ts';
import { deploymentTone } from './status-tone.ts';

export const command = defineCommand({
  description: 'Newest first.',
  options: {
    status: { type: 'string', value: 'status', choices: deploymentStatuses, summary: 'Only in this status' },
    ...historyOptions,
    ...pageOptions,
  },
  examples: [
    'sfp deployment list -p site -e production --since 7d',
    'sfp deployment list --status failed --search timeout',
  ],
  async run(context) {
    const { status, limit, ...given } = context.options;
    const filter = { status, ...historyFilter(given, Date.now()) };
    const connection = await connect(context);
    const deployments = await listPages((page) => connection.api.deployments.list({ ...filter, ...page }), limit);
    const names = await namesOf(connection, deployments);
    context.output.result(
      deployments,
      table(
        [
          { title: 'created', value: ({ createdAt }) => createdAt.slice(0, 19).replace('T', ' ') },
          { title: 'to', value: names.place },
          { title: 'status', value: (found) => found.status, tone: (found) => deploymentTone[found.status] },
          { title: 'ref', value: ({ ref }) => ref },
          { title: 'commit', value: ({ commitSha }) => commitSha?.slice(0, 8) ?? '' },
          { title: 'subject', value: ({ metadata }) => metadata.commit?.subject ?? '' },
          { title: 'who', value: names.requester },
          {
            title: 'took',
            value: ({ startedAt, finishedAt }) =>
              startedAt === null || finishedAt === null
                ? ''
                : formatDuration(Date.parse(finishedAt) - Date.parse(startedAt)),
          },
          { title: 'id', value: ({ id }) => id },
        ],
        deployments,
        'No deployments fit. Make one with: sfp deploy --project <slug> --environment <slug>',
      ),
    );
  },
});
