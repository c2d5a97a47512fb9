import { defineCommand } from '../../command.ts';
import { table } from '../../output/table.ts';

export const command = defineCommand({
  async run({ contexts, output }) {
    const { current, contexts: saved } = await contexts.read();
    // No token leaves the file.
    const rows = saved.map(({ name, url, applicationToken }) => ({
      name,
      url,
      current: name === current,
      login: applicationToken === undefined ? 'session' : 'application token',
    }));
    output.result(
      rows,
      table(
        [
          { title: '', value: (row) => (row.current ? '*' : ' ') },
          { title: 'name', value: (row) => row.name },
          { title: 'url', value: (row) => row.url },
          { title: 'login', value: (row) => row.login },
        ],
        rows,
        'You are not logged in anywhere. Log in with: sfp login <url>',
      ),
    );
  },
});
