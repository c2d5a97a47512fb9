import { stackLayout } from '../../../stack/layout.ts';
import { signIn } from '../../../stack/lifecycle/administrator.ts';
import { initStack } from '../../../stack/lifecycle/init.ts';
import { startStack } from '../../../stack/lifecycle/start.ts';
import { publicUrl } from '../../../stack/server-settings.ts';
import type { Stack } from '../../../stack/stack.ts';
import { readState } from '../../../stack/state.ts';
import type { CommandServices } from '../../command.ts';
import { platformVersion } from '../../platform-version.ts';
import { runtimeFor, stackRuntime } from '../../runtime.ts';
import { lifecycleProgress } from '../server/lifecycle-progress.ts';

/** A running stack of that name that this CLI is logged in to, whatever of that is there already. */
export async function readyStack(
  { output, contexts, signal }: Pick<CommandServices, 'output' | 'contexts' | 'signal'>,
  baseDir: string,
  tenant: string,
): Promise<Stack> {
  const progress = lifecycleProgress(output);
  const common = { baseDir, tenant, platformVersion: platformVersion(), signal, progress };
  const state = readState(stackLayout(baseDir, tenant));
  const adminEmail = state?.adminEmail ?? `admin@${tenant}.local`;
  if ((state?.initialisedAt ?? null) === null) {
    const { stack, session } = await initStack({
      ...common,
      mode: 'dev',
      runtime: stackRuntime('embedded'),
      adminEmail,
    });
    await save(stack, session);
    return stack;
  }
  const stack = await startStack({ ...common, runtimeFor });
  const saved = (await contexts.read()).contexts.find(({ name }) => name === tenant);
  if (saved === undefined || saved.url !== publicUrl(stack.settings)) {
    await save(stack, await signIn(stack, { email: adminEmail, password: stack.secrets.adminPassword }));
  } else await contexts.use(tenant);
  return stack;

  async function save(made: Stack, { accessToken, refreshToken, expiresAt }: Awaited<ReturnType<typeof signIn>>) {
    const { settings, secrets } = made;
    await contexts.save(
      {
        name: tenant,
        url: publicUrl(settings),
        publishableKey: secrets.publishableKey,
        tenant,
        session: { accessToken, refreshToken, expiresAt },
      },
      { use: true },
    );
  }
}
