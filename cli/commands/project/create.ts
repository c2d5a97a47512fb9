import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';

export const command = defineCommand({
  args: { slug: { summary: 'Short name: lower-case letters, digits, hyphens' } },
  options: {
    repository: {
      type: 'string',
      value: 'url',
      required: true,
      summary: 'What git clones: https, ssh, or a path on the workers’ machine',
    },
    name: { type: 'string', value: 'text', summary: 'Name for people' },
    ref: { type: 'string', value: 'ref', summary: 'What is deployed when nothing is said; main' },
    config: { type: 'string', value: 'path', summary: 'The project file in the repository; sfp.yaml' },
  },
  examples: ['sfp project create site --repository https://github.com/example/site.git'],
  async run(context) {
    const { args, options, output } = context;
    const { api, accountId } = await connect(context);
    const project = await api.projects.create({
      slug: args.slug,
      repositoryUrl: options.repository,
      ...(accountId === undefined ? {} : { accountId }),
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(options.ref === undefined ? {} : { defaultRef: options.ref }),
      ...(options.config === undefined ? {} : { configPath: options.config }),
    });
    output.result(project, `${project.slug}  ${project.id}\n`);
    output.hint(`Add an environment: sfp environment create dev --project ${project.slug}`);
  },
});
