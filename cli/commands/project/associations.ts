import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { table } from '../../output/table.ts';

export const command = defineCommand({
  args: { project: { completes: 'project', summary: 'Slug or id' } },
  options: pageOptions,
  async run(context) {
    const { args, options, output } = context;
    const { api } = await connect(context);
    const associations = await listPages((page) => api.associations.list(args.project, page), options.limit);
    output.result(
      associations,
      table(
        [
          { title: 'repository', value: ({ repository }) => repository },
          { title: 'host', value: ({ hostUrl }) => hostUrl },
          { title: 'branch', value: ({ defaultBranch }) => defaultBranch ?? '' },
          { title: 'credential', value: ({ integrationId }) => integrationId ?? 'none' },
          { title: 'status', value: ({ status }) => status },
          { title: 'id', value: ({ id }) => id },
        ],
        associations,
        `None. Say which repository it is: sfp project associate ${args.project} <owner/repository>`,
      ),
    );
  },
});
