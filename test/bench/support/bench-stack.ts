import { createApiClient } from '../../../client/api/client.ts';
import { createAuthApi } from '../../../client/auth/auth-api.ts';
import { sessionCredentials } from '../../../client/auth/session-credentials.ts';
import { openStack } from '../../../stack/stack.ts';
import type { Home } from '../../e2e/support/home.ts';
import { Repository } from '../../e2e/support/repository.ts';
import { interrupted } from './clean-up.ts';

const userAgent = 'sfp-bench';

/** Runs a command that must succeed. */
export async function mustRun(home: Home, ...args: string[]): Promise<string> {
  interrupted.signal.throwIfAborted();
  const { code, stdout, stderr } = await home.sfp(...args);
  if (code !== 0) throw new Error(`sfp ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

export type BenchStack = Awaited<ReturnType<typeof createBenchStack>>;

/** A fresh stack with a project `app`, and a signed-in client of it. It goes with its home. */
export async function createBenchStack(home: Home, tenant: string, projectFile: string) {
  const { administrator } = JSON.parse(
    await mustRun(home, 'server', 'init', '--tenant', tenant, '--mode', 'dev', '--json'),
  ) as { administrator: { email: string } };
  const stack = openStack(home.path('base'), tenant);
  const { settings, secrets, layout } = stack;
  const url = `http://127.0.0.1:${settings.ports.gateway}`;
  const auth = createAuthApi({ url, userAgent });
  const session = await auth.login(administrator.email, secrets.adminPassword);
  const credentials = sessionCredentials({ session, refresh: (current) => auth.refresh(current.refreshToken) });
  const api = createApiClient({ url, credentials, userAgent });
  const repository = new Repository(home.path(`repository-${tenant}`), { 'sfp.yaml': projectFile });
  const project = await api.projects.create({ slug: 'app', repositoryUrl: repository.directory });
  const { publishableKey, secretKey } = secrets;
  return {
    home,
    tenant,
    dir: layout.dir,
    url,
    settings,
    secrets,
    publishableKey,
    secretKey,
    credentials,
    api,
    project,
  };
}
