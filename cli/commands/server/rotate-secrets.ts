import type { RotateOptions } from '../../../stack/lifecycle/rotate/rotate.ts';
import type { Stack } from '../../../stack/stack.ts';
import type { CommandServices } from '../../command.ts';
import type { ContextStore } from '../../context/store.ts';
import { lifecycleProgress } from './lifecycle-progress.ts';

type What = Pick<RotateOptions, 'baseDir' | 'tenant' | 'kind' | 'only' | 'revokePrevious'>;

/** Rotates, and tells what was restarted, for how long clients were not served and what was proven. */
export async function rotateSecrets(
  what: What,
  { output, contexts, signal }: Pick<CommandServices, 'output' | 'contexts' | 'signal'>,
): Promise<void> {
  const [{ rotateStack }, { runtimeFor }, { platformVersion }] = await Promise.all([
    import('../../../stack/lifecycle/rotate/rotate.ts'),
    import('../../runtime.ts'),
    import('../../platform-version.ts'),
  ]);
  const rotated = await rotateStack({
    ...what,
    runtimeFor,
    platformVersion: platformVersion(),
    publishableKeyChanged: (stack, before) => updateLogins(contexts, stack, before),
    signal,
    progress: lifecycleProgress(output),
  });
  const { interruptedMs, restarted, proven } = rotated;
  const effect =
    interruptedMs === null
      ? 'in effect from the next start on'
      : `${restarted.length === 0 ? 'nothing had to restart' : `restarted ${restarted.join(', ')}`}; clients were not served for ${(interruptedMs / 1000).toFixed(1)} s`;
  const seen = proven.map((line) => `\n  ${line}`).join('');
  output.result({ tenant: what.tenant, ...rotated }, `Rotated ${what.kind} of ${what.tenant}: ${effect}.${seen}\n`);
}

/** The logins of this machine's user that know the old key. One to a server elsewhere has another key and stays. */
async function updateLogins(contexts: ContextStore, { secrets }: Stack, before: string): Promise<void> {
  const { publishableKey } = secrets;
  for (const saved of (await contexts.read()).contexts) {
    if (saved.publishableKey !== before) continue;
    await contexts.update(saved.name, (latest) => Promise.resolve({ ...latest, publishableKey }));
  }
}
