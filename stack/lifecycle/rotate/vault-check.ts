import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { assertNoRestore } from '../../backup/restore-plan.ts';
import { type Check, type CheckReport, runChecks } from '../../checks/check.ts';
import { lockStack } from '../../lock.ts';
import type { StackRuntime } from '../../runtime.ts';
import { serverCommand } from '../../server-command.ts';
import { openStack, type Stack } from '../../stack.ts';
import { assertInitialised } from '../start.ts';
import { type Progress, runSteps } from '../step.ts';
import { assertNoUpdate } from '../update/update-plan.ts';

export interface VaultCheckOptions {
  baseDir: string;
  tenant: string;
  runtimeFor(stack: Stack): StackRuntime;
  progress: Progress;
}

const digest = (key: string): string => createHash('sha256').update(key.trim()).digest('hex');
/** Enough to compare two by eye. */
const shortened = (sha256: string): string => `SHA-256 ${sha256.slice(0, 16)}…`;

const checksOf = (stack: Stack, runtime: StackRuntime): readonly Check[] => {
  const { layout } = stack;
  const { vaultKeyFile } = layout;
  const restore = `Put the key file of this stack back from a backup: ${serverCommand(layout, 'restore')}`;
  return [
    {
      id: 'vault-key-file',
      title: 'Key file',
      severity: 'error',
      run: () => {
        const { mode, size } = statSync(vaultKeyFile);
        const bits = (mode & 0o777).toString(8);
        if ((mode & 0o077) !== 0) return { ok: false, evidence: `mode ${bits}`, remedy: `chmod 600 ${vaultKeyFile}` };
        return { ok: true, evidence: `${vaultKeyFile}, mode ${bits}, ${size} bytes` };
      },
    },
    {
      id: 'vault-key-in-use',
      title: 'Key of the database',
      severity: 'error',
      run: async () => {
        const own = digest(readFileSync(vaultKeyFile, 'utf8'));
        const used = await runtime.vaultKeyDigest(stack);
        const ok = own === used;
        return ok
          ? { ok, evidence: `the same, ${shortened(own)}` }
          : { ok, evidence: `${shortened(used)}, the file has ${shortened(own)}`, remedy: restore };
      },
    },
    {
      id: 'vault-canary',
      title: 'Canary',
      severity: 'error',
      run: async () => {
        const canary = await runtime.vaultCanary(stack, { make: true });
        if (canary === null) return { ok: false, evidence: 'there is none', remedy: serverCommand(layout, 'backup') };
        return { ok: true, evidence: `opens, ${shortened(digest(canary))}` };
      },
    },
  ];
};

/** Shows whether the Vault's root key is safe, is the one that the database uses, and opens what is stored. */
export async function checkVault(options: VaultCheckOptions): Promise<CheckReport[]> {
  const { baseDir, tenant, runtimeFor, progress } = options;
  const stack = openStack(baseDir, tenant);
  const { layout } = stack;
  assertInitialised(layout);
  const lock = lockStack(layout.lockFile, tenant, 'sfp server rotate vault-check');
  try {
    assertNoRestore(layout);
    assertNoUpdate(layout);
    let reports: CheckReport[] = [];
    const step = {
      name: 'vault',
      title: 'Check the Vault',
      run: async () => {
        reports = await runChecks(checksOf(stack, runtimeFor(stack)));
      },
    };
    await runSteps('rotate vault-check', layout.journalFile, [step], undefined, progress);
    return reports;
  } finally {
    lock.release();
  }
}
