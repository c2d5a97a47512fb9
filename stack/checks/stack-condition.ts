import { statSync } from 'node:fs';
import { backupWarning, lastBackup } from '../backup/last-backup.ts';
import type { StackLayout } from '../layout.ts';
import { unfinishedWork } from '../lifecycle/unfinished.ts';
import { roomCheck } from '../lifecycle/update/room.ts';
import { serverCommand } from '../server-command.ts';
import { readState } from '../state.ts';
import type { Check } from './check.ts';

/** What a stack's own directory and history tell about its condition. A damaged stack can be asked too. */
export const stackConditionChecks = (layout: StackLayout): readonly Check[] => [
  {
    id: 'unfinished-work',
    title: 'Nothing is half done',
    severity: 'error',
    run: () => {
      const problem = unfinishedWork(layout);
      if (problem === null) return { ok: true, evidence: 'no update or restore was interrupted' };
      const { message, detail, suggestion } = problem;
      const evidence = detail === undefined ? message : `${message} (${detail})`;
      return { ok: false, evidence, ...(suggestion === undefined ? {} : { remedy: suggestion }) };
    },
  },
  {
    id: 'vault-key',
    title: 'Vault key',
    severity: 'error',
    run: () => {
      const { vaultKeyFile } = layout;
      const found = statSync(vaultKeyFile, { throwIfNoEntry: false });
      if (found === undefined) {
        const remedy = `Put it back from a backup: ${serverCommand(layout, 'restore')}. Without it nobody can open what the Vault holds.`;
        return { ok: false, evidence: `${vaultKeyFile} is missing`, remedy };
      }
      const mode = found.mode & 0o777;
      return (mode & 0o077) === 0
        ? { ok: true, evidence: 'is there, and only its owner may read it' }
        : { ok: false, evidence: `mode ${mode.toString(8)}`, remedy: `chmod 600 ${vaultKeyFile}` };
    },
  },
  // A stack runs on without it, so here it is a warning.
  { ...roomCheck(layout), severity: 'warning' },
  {
    id: 'last-backup',
    title: 'Last backup',
    severity: 'warning',
    run: async () => {
      const last = await lastBackup(layout, new Date());
      const warning = backupWarning(last);
      const evidence = warning ?? `${last?.createdAt ?? ''}${last?.encrypted === false ? ', not encrypted' : ''}`;
      return { ok: warning === null, evidence, remedy: `Make one: ${serverCommand(layout, 'backup')}` };
    },
  },
  {
    id: 'clock',
    title: 'Clock',
    severity: 'error',
    run: () => {
      const last = readState(layout)?.lastHealthyAt ?? null;
      const now = new Date();
      return {
        ok: last === null || Date.parse(last) <= now.getTime() + 60_000,
        evidence: `${now.toISOString()}${last === null ? '' : `; the stack was healthy at ${last}`}`,
        remedy: 'The clock went back: sessions and tokens that are valid look as if they were not yet. Set it (NTP).',
      };
    },
  },
];
