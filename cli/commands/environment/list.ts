import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { table } from '../../output/table.ts';

export const command = defineCommand({
  options: {
    project: { type: 'string', value: 'slug', short: 'p', required: true, summary: 'Project, by slug or id' },
    ...pageOptions,
  },
  async run(context) {
    const { project, limit } = context.options;
    const { api } = await connect(context);
    const environments = await listPages((page) => api.environments.list(project, page), limit);
    context.output.result(
      environments,
      table(
        [
          { title: 'slug', value: (environment) => environment.slug },
          { title: 'category', value: (environment) => environment.category },
          { title: 'id', value: (environment) => environment.id },
        ],
        environments,
        `No environments. Add one with: sfp environment create dev --project ${project}`,
      ),
    );
  },
});
