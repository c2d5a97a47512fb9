import { SfpError } from '../../../contracts/error.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { listPages } from '../../context/list-pages.ts';

export const command = defineCommand({
  description: 'The repository and the credential stay as they are.',
  args: {
    project: { completes: 'project', summary: 'Slug or id' },
    repository: { summary: 'Repository as it was named, or the id' },
  },
  examples: ['sfp project dissociate site acme/site'],
  async run(context) {
    const { args, output } = context;
    const { api } = await connect(context);
    const all = await listPages((page) => api.associations.list(args.project, page), 1_000);
    const found = all.filter(({ id, repository }) => id === args.repository || repository === args.repository);
    const [association] = found;
    if (association === undefined || found.length > 1) {
      throw new SfpError({
        code: association === undefined ? 'association_not_found' : 'association_ambiguous',
        message:
          association === undefined
            ? `The project ${args.project} is not associated with ${args.repository}.`
            : `The project ${args.project} is associated with ${args.repository} on more than one host.`,
        suggestion: `Name one by its id: sfp project associations ${args.project}`,
      });
    }
    await api.associations.remove(association.id);
    output.result({ id: association.id, removed: true }, `${association.repository}  dissociated\n`);
  },
});
