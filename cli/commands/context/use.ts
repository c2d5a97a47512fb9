import { defineCommand } from '../../command.ts';

export const command = defineCommand({
  args: { name: { completes: 'context', summary: 'Name of a saved server' } },
  async run({ args, contexts, output }) {
    await contexts.use(args.name);
    output.result({ current: args.name }, `Now talking to ${args.name}.\n`);
  },
});
