import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { fields } from '../../output/table.ts';
import { findEnvironment } from './find-environment.ts';

export const command = defineCommand({
  args: { environment: { summary: 'Id, or slug together with --project' } },
  options: { project: { type: 'string', value: 'slug', short: 'p', summary: 'Project, by slug or id' } },
  async run(context) {
    const { args, options, output } = context;
    const environment = await findEnvironment(await connect(context), args.environment, options.project, 'get');
    output.result(
      environment,
      fields([
        ['slug', environment.slug],
        ['name', environment.name],
        ['id', environment.id],
        ['category', environment.category],
        ...Object.entries(environment.variables).map(([name, value]) => [`$${name}`, value] as const),
        ...Object.entries(environment.credentials).map(([name, of]) => [`$${name}`, `(secret) ${of}`] as const),
        ['version', String(environment.version)],
        ['created', environment.createdAt],
      ]),
    );
  },
});
