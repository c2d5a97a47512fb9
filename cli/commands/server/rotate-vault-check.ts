import { type ExitCode, exitCodes } from '../../exit-code.ts';
import type { Output } from '../../output/output.ts';
import { checksView } from '../doctor/checks-view.ts';
import { lifecycleProgress } from './lifecycle-progress.ts';

export async function vaultCheck(baseDir: string, tenant: string, output: Output): Promise<ExitCode> {
  const [{ checkVault }, { runtimeFor }] = await Promise.all([
    import('../../../stack/lifecycle/rotate/vault-check.ts'),
    import('../../runtime.ts'),
  ]);
  const checks = await checkVault({ baseDir, tenant, runtimeFor, progress: lifecycleProgress(output) });
  const ok = checks.every((check) => check.ok);
  output.result({ tenant, ok, checks }, checksView(checks));
  return ok ? exitCodes.ok : exitCodes.unhealthy;
}
