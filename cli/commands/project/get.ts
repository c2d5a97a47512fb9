import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { fields } from '../../output/table.ts';

export const command = defineCommand({
  args: { project: { completes: 'project', summary: 'Slug or id' } },
  async run(context) {
    const { api } = await connect(context);
    const project = await api.projects.get(context.args.project);
    context.output.result(
      project,
      fields([
        ['slug', project.slug],
        ['name', project.name],
        ['id', project.id],
        ['repository', project.repositoryUrl],
        ['ref', project.defaultRef],
        ['project file', project.configPath],
        ['version', String(project.version)],
        ['created', project.createdAt],
      ]),
    );
  },
});
