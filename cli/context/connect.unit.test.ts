import { describe, expect, it } from 'vitest';
import { newApplicationToken } from '../../contracts/application-token.ts';
import { exitCodeOf } from '../exit-code.ts';
import { connect } from './connect.ts';
import type { ContextStore } from './store.ts';

const noContexts: ContextStore = {
  path: '/dev/null',
  read: async () => ({ current: null, contexts: [] }),
  save: async () => undefined,
  use: async () => undefined,
  remove: async () => undefined,
  update: (_name, change) => change({ name: 'none', url: 'http://127.0.0.1:9', publishableKey: 'none' }),
};
const failureOf = async (env: NodeJS.ProcessEnv): Promise<unknown> =>
  connect({ contexts: noContexts, contextName: undefined, env: { SFP_TOKEN: newApplicationToken(), ...env } }).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('SFP_URL', () => {
  it.each([undefined, '', 'deploy.example.com', 'localhost:8000', 'ftp://deploy.example.com'])(
    '%o is a usage error that shows it',
    async (url) => {
      const failure = await failureOf(url === undefined ? {} : { SFP_URL: url });
      expect(failure).toMatchObject({
        code: 'environment_invalid',
        detail: expect.stringContaining(url ?? ''),
        suggestion: expect.stringContaining('SFP_URL'),
      });
      expect(exitCodeOf('environment_invalid', failure)).toBe(2);
    },
  );

  it('of a server that does not answer: says how to look at it', async () => {
    const failure = await failureOf({ SFP_URL: 'http://127.0.0.1:9' });
    expect(failure).toMatchObject({
      code: 'server_unreachable',
      suggestion: expect.stringContaining('sfp server list, then sfp server status --tenant'),
    });
  });
});

it('a saved server that does not answer is named by its tenant', async () => {
  const context = { name: 'acme', url: 'http://127.0.0.1:9', publishableKey: 'none', tenant: 'acme' };
  const saved = { ...context, applicationToken: newApplicationToken() };
  const contexts: ContextStore = { ...noContexts, read: async () => ({ current: 'acme', contexts: [saved] }) };
  const { api } = await connect({ contexts, contextName: undefined, env: {} });
  await expect(api.logout()).rejects.toMatchObject({
    suggestion: expect.stringContaining('sfp server status --tenant acme'),
  });
});
