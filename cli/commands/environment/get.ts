import { SfpError } from '../../../contracts/error.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { listPages } from '../../context/list-pages.ts';
import { fields } from '../../output/table.ts';
import { UsageError } from '../../usage-error.ts';

export const command = defineCommand({
  args: { environment: { summary: 'Id, or slug together with --project' } },
  options: { project: { type: 'string', value: 'slug', short: 'p', summary: 'Project, by slug or id' } },
  async run(context) {
    const { args, options, output } = context;
    const { api } = await connect(context);
    const find = async (slug: string) => {
      const { project } = options;
      if (project === undefined) {
        throw new UsageError(
          `${slug} is not an id.`,
          `Say of which project: sfp environment get ${slug} --project <slug>`,
        );
      }
      const found = (await listPages((page) => api.environments.list(project, page), 1_000)).find(
        (each) => each.slug === slug,
      );
      if (found !== undefined) return found;
      throw new SfpError({
        code: 'environment_not_found',
        message: `The project ${project} has no environment ${slug}.`,
        suggestion: `List them: sfp environment list --project ${project}`,
      });
    };
    const byId = uuidSchema.safeParse(args.environment).success;
    const environment = byId ? await api.environments.get(args.environment) : await find(args.environment);
    output.result(
      environment,
      fields([
        ['slug', environment.slug],
        ['name', environment.name],
        ['id', environment.id],
        ['category', environment.category],
        ...Object.entries(environment.variables).map(([name, value]) => [`$${name}`, value] as const),
        ['created', environment.createdAt],
      ]),
    );
  },
});
