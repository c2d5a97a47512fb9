import { SfpError } from '../../contracts/error.ts';
import { defineCommand } from '../command.ts';
import { connect } from '../context/connect.ts';

export const command = defineCommand({
  description:
    'Ends the session on the server and forgets it here. An application token is only forgotten, not revoked.',
  async run(context) {
    const { contexts, output } = context;
    const saved = await contexts.read();
    const name = context.contextName ?? saved.current;
    const entry = saved.contexts.find((each) => each.name === name);
    if (entry === undefined || name === null) {
      output.result({ context: null }, 'You are not logged in.\n');
      return;
    }
    if (entry.session !== undefined) {
      try {
        await (await connect({ ...context, contextName: name, env: {} })).api.logout();
      } catch (error) {
        if (!(error instanceof SfpError)) throw error;
        output.warn(`The server was not told (${error.message}); the login is forgotten here.`);
      }
    }
    await contexts.remove(name);
    output.result({ context: name }, `Logged out of ${name}.\n`);
  },
});
