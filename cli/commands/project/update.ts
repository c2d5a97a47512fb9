import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { UsageError } from '../../usage-error.ts';

export const command = defineCommand({
  description:
    'What is not named stays. When somebody else changed the project meanwhile, nothing happens and both versions are shown.',
  args: { project: { completes: 'project', summary: 'Slug or id' } },
  options: {
    repository: {
      type: 'string',
      value: 'url',
      summary: 'What git clones: https, ssh, or a path on the workers’ machine',
    },
    ref: { type: 'string', value: 'ref', summary: 'What is deployed when nothing is said' },
    config: { type: 'string', value: 'path', summary: 'The project file in the repository' },
    name: { type: 'string', value: 'text', summary: 'Name for people' },
    ifVersion: { type: 'integer', value: 'number', min: 1, summary: 'Only when it still is this version' },
  },
  examples: ['sfp project update site --repository https://git.example/site.git --ref main'],
  async run(context) {
    const { args, options, output } = context;
    const { repository, ref, config, name, ifVersion } = options;
    if ([repository, ref, config, name].every((value) => value === undefined)) {
      throw new UsageError('Nothing to change.', 'Name one of --repository, --ref, --config, --name.');
    }
    const { api } = await connect(context);
    const { id, version } = await api.projects.get(args.project);
    const project = await api.projects.update(
      id,
      {
        ...(repository === undefined ? {} : { repositoryUrl: repository }),
        ...(ref === undefined ? {} : { defaultRef: ref }),
        ...(config === undefined ? {} : { configPath: config }),
        ...(name === undefined ? {} : { name }),
      },
      { version: ifVersion ?? version },
    );
    output.result(project, `${project.slug}  version ${project.version}\n`);
    output.hint('Deployments that are made from now on use it.');
  },
});
