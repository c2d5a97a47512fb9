import { defineCommand } from '../command.ts';
import { connect } from '../context/connect.ts';
import { fields } from '../output/table.ts';

export const command = defineCommand({
  async run(context) {
    const { api, url, contextName } = await connect(context);
    const me = await api.me();
    context.output.result(
      { context: contextName ?? null, url, ...me },
      fields([
        ['server', contextName === undefined ? url : `${contextName} (${url})`],
        ['user', me.user.email],
        ['accounts', me.accounts.map(({ slug, role }) => `${slug} (${role})`).join(', ') || 'none'],
        ['with', me.applicationTokenId === null ? null : `application token ${me.applicationTokenId}`],
      ]),
    );
  },
});
