import type { ApplicationToken } from '../../../contracts/application-token.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { table } from '../../output/table.ts';

const stateOf = ({ revokedAt, expiresAt }: ApplicationToken): string => {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && Date.parse(expiresAt) < Date.now() ? 'expired' : 'active';
};

export const command = defineCommand({
  options: pageOptions,
  async run(context) {
    const { api } = await connect(context);
    const tokens = await listPages((page) => api.tokens.list(page), context.options.limit);
    context.output.result(
      tokens,
      table(
        [
          { title: 'id', value: (token) => token.id },
          { title: 'name', value: (token) => token.name },
          { title: 'begins', value: (token) => token.hint },
          { title: 'scope', value: (token) => token.scope },
          { title: 'state', value: stateOf, tone: (token) => (stateOf(token) === 'active' ? 'green' : 'dim') },
          { title: 'expires', value: (token) => token.expiresAt ?? 'never' },
          { title: 'last used', value: (token) => token.lastUsedAt ?? 'never' },
        ],
        tokens,
        'No application tokens. Make one with: sfp token create <name>',
      ),
    );
  },
});
