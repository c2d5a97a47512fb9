import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SfpError } from '../../contracts/error.ts';
import { backupName, scratchPrefix } from '../backup/backup-name.ts';
import { assertChecksums, openBackup } from '../backup/backup-reader.ts';
import { BackupWriter, makeBackupsDirectory } from '../backup/backup-writer.ts';
import { applyRetention, backupsDir, removeBackup, removeLeftovers } from '../backup/catalogue.ts';
import { fileBytes } from '../backup/file-bytes.ts';
import { newBackupKey } from '../backup/passphrase-key.ts';
import { assertNoRestore } from '../backup/restore-plan.ts';
import type { SnapshotFacts } from '../backup/snapshot.ts';
import { backedUpFiles } from '../backup/stack-files.ts';
import { lockStack } from '../lock.ts';
import type { StackRuntime } from '../runtime.ts';
import { serverCommand } from '../server-command.ts';
import { openStack, type Stack } from '../stack.ts';
import { readState } from '../state.ts';
import { assertNoRotation } from './rotate/rotation.ts';
import { type Progress, runSteps, type Step } from './step.ts';
import { assertNoUpdate } from './update/update-plan.ts';

export interface BackupOptions {
  baseDir: string;
  tenant: string;
  runtimeFor(stack: Stack): StackRuntime;
  platformVersion: string;
  /** Where backups are kept; the stack's own `backups` when left out. */
  output?: string | undefined;
  /** Encrypts everything but the manifest. */
  passphrase?: string | undefined;
  /** Whole backups to keep, this one among them; all when left out. */
  keep?: number | undefined;
  signal: AbortSignal;
  progress: Progress;
}

/** What a backup is made for, when not for itself. */
export interface BackupPurpose {
  /** Ends the backup's name, e.g. `before-update`. */
  label: string;
  /** Whose steps these are in the journal. */
  command: string;
}

export interface BackupResult {
  name: string;
  path: string;
  createdAt: string;
  bytes: number;
  encrypted: boolean;
  /** Names of the older backups that `keep` removed. */
  removed: string[];
}

interface BackupContext extends BackupOptions {
  stack: Stack;
  label?: string;
  directory: string;
  createdAt: Date;
  writer?: BackupWriter;
  facts?: SnapshotFacts;
  path?: string;
  removed: string[];
}

const needed = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('a step of backup ran before the one that it needs');
  return value;
};

const nameOf = ({ createdAt, platformVersion, label }: BackupContext): string =>
  `${backupName(createdAt, platformVersion)}${label === undefined ? '' : `-${label}`}`;

const steps: readonly Step<BackupContext>[] = [
  {
    name: 'prepare',
    title: 'Make room for the backup',
    async run(context, report) {
      const { directory, stack, passphrase } = context;
      makeBackupsDirectory(directory);
      const left = removeLeftovers(directory, stack.layout);
      if (left > 0) report(`removed ${left} unfinished backup${left === 1 ? '' : 's'}`);
      const key = passphrase === undefined ? null : await newBackupKey(passphrase);
      const partial = join(directory, `${scratchPrefix(stack.layout)}${nameOf(context)}.partial`);
      context.writer = new BackupWriter(partial, key);
    },
  },
  {
    name: 'databases',
    title: 'Copy the databases and the Vault key',
    async run(context, report) {
      const { runtimeFor, stack, signal } = context;
      context.facts = await runtimeFor(stack).snapshot(stack, needed(context.writer), { signal, report });
    },
  },
  {
    name: 'files',
    title: 'Copy settings, secrets and state',
    async run({ stack, writer }) {
      for (const { name, required } of backedUpFiles) {
        const path = join(stack.layout.dir, name);
        if (required || existsSync(path)) await needed(writer).write(name, fileBytes(path));
      }
    },
  },
  {
    name: 'complete',
    title: 'Seal the backup',
    async run(context) {
      const { stack, platformVersion, createdAt, runtimeFor } = context;
      const { kind, postgresVersion, unpackedBytes, schema, canary } = needed(context.facts);
      context.path = await needed(context.writer).finish(nameOf(context), {
        version: 1,
        tenant: stack.layout.tenant,
        createdAt: createdAt.toISOString(),
        platformVersion,
        runtime: runtimeFor(stack).name,
        schema,
        snapshot: { kind, postgresVersion, unpackedBytes },
        canarySha256: createHash('sha256').update(canary).digest('hex'),
      });
    },
  },
  {
    name: 'verify',
    title: 'Read it back',
    async run({ path, stack }) {
      try {
        await assertChecksums(openBackup(needed(path)));
      } catch (error) {
        removeBackup(needed(path), stack.layout);
        throw error;
      }
    },
  },
  {
    name: 'retention',
    title: 'Remove older backups',
    async run(context) {
      if (context.keep === undefined) return 'skipped';
      context.removed = await applyRetention(context.directory, context.stack.layout, context.keep);
      return context.removed.length === 0 ? 'skipped' : undefined;
    },
  },
];

/**
 * Makes a backup of a stack, which may run and goes on. It gets its name only when every byte is on disk; one that is
 * interrupted leaves nothing that looks like a backup, and the next one removes what it left.
 */
export async function backupStack(options: BackupOptions): Promise<BackupResult> {
  const stack = openStack(options.baseDir, options.tenant);
  const { layout } = stack;
  const lock = lockStack(layout.lockFile, layout.tenant, 'sfp server backup');
  try {
    assertNoRestore(layout);
    assertNoUpdate(layout);
    assertNoRotation(layout);
    if ((readState(layout)?.initialisedAt ?? null) === null) {
      throw new SfpError({
        code: 'stack_incomplete',
        message: `The init of stack "${layout.tenant}" was interrupted; there is nothing to back up yet.`,
        suggestion: `Finish it with \`${serverCommand(layout, 'init')}\`.`,
      });
    }
    const platformVersion = readState(layout)?.platformVersion ?? options.platformVersion;
    return await takeBackup(stack, { ...options, platformVersion });
  } finally {
    lock.release();
  }
}

/** The same for a command that has the lock already, and knows of which version the data are. */
export async function takeBackup(stack: Stack, options: BackupOptions, purpose?: BackupPurpose): Promise<BackupResult> {
  const { layout } = stack;
  const directory = options.output === undefined ? backupsDir(layout) : resolve(options.output);
  const context: BackupContext = { ...options, stack, directory, createdAt: new Date(), removed: [] };
  if (purpose !== undefined) context.label = purpose.label;
  const named = steps.map((step) => (purpose === undefined ? step : { ...step, name: `backup-${step.name}` }));
  try {
    await runSteps(purpose?.command ?? 'backup', layout.journalFile, named, context, options.progress);
  } catch (error) {
    if (context.path === undefined) await context.writer?.discard();
    throw error;
  }
  return resultOf(context);
}

function resultOf({ path, createdAt, removed, passphrase }: BackupContext): BackupResult {
  const { manifest, path: at } = openBackup(needed(path));
  return {
    name: at.slice(at.lastIndexOf('/') + 1),
    path: at,
    createdAt: createdAt.toISOString(),
    bytes: manifest.files.reduce((sum, { size }) => sum + size, 0),
    encrypted: passphrase !== undefined,
    removed,
  };
}
