import type { Assignment } from '../../../stack/settings/assign.ts';
import type { Output } from '../../output/output.ts';
import { UsageError } from '../../usage-error.ts';
import { lifecycleProgress } from './lifecycle-progress.ts';

function assignment(text: string): Assignment {
  const at = text.indexOf('=');
  if (at > 0) return { key: text.slice(0, at), text: text.slice(at + 1) };
  // The whole text is not repeated: it may be a secret that was put in the wrong place.
  throw new UsageError('A setting is written key=value.', 'For example: sfp server config set drainTimeoutMs=60000');
}

export async function configSet(
  { baseDir, tenant }: { baseDir: string; tenant: string },
  texts: readonly string[],
  output: Output,
): Promise<void> {
  const assignments = texts.map(assignment);
  if (assignments.length === 0) {
    throw new UsageError('Nothing to set.', 'For example: sfp server config set drainTimeoutMs=60000');
  }
  const [{ configureStack }, { runtimeFor }, { settingValue }] = await Promise.all([
    import('../../../stack/lifecycle/configure.ts'),
    import('../../runtime.ts'),
    import('../../../stack/settings/shown.ts'),
  ]);
  const { settings, changed, outdated, wholeStack } = await configureStack({
    baseDir,
    tenant,
    assignments,
    runtimeFor,
    progress: lifecycleProgress(output),
  });
  const set = Object.fromEntries(assignments.map(({ key }) => [key, settingValue(settings, key) ?? null]));
  const services = wholeStack ? '' : outdated.map((name) => ` --service ${name}`).join('');
  const restart = outdated.length === 0 ? null : `sfp server restart --tenant ${tenant}${services}`;
  const state = changed ? 'Written' : 'Nothing changed';
  const effect =
    restart === null
      ? 'nothing has to be restarted'
      : `not in effect yet for ${wholeStack ? 'the stack' : outdated.join(', ')}`;
  output.result({ tenant, changed, set, outdated, wholeStack, restart }, `${state}; ${effect}.\n`);
  if (restart !== null) output.hint(`Apply it with: ${restart}`);
}
