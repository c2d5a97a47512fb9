import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { table } from '../../output/table.ts';

export const command = defineCommand({
  options: pageOptions,
  async run(context) {
    const { api } = await connect(context);
    const projects = await listPages((page) => api.projects.list(page), context.options.limit);
    context.output.result(
      projects,
      table(
        [
          { title: 'slug', value: (project) => project.slug },
          { title: 'name', value: (project) => project.name },
          { title: 'repository', value: (project) => project.repositoryUrl },
          { title: 'ref', value: (project) => project.defaultRef },
        ],
        projects,
        'No projects. Add one with: sfp project create <slug> --repository <url>',
      ),
    );
  },
});
