import type { z } from 'zod';
import { versionSchema } from '../../contracts/api/health.ts';
import { schemaVersion } from '../../contracts/schema-version.ts';
import { type LastBackup, lastBackup } from '../backup/last-backup.ts';
import { localUrl } from '../local-url.ts';
import type { StackRuntime } from '../runtime.ts';
import { openStack, type Stack } from '../stack.ts';
import { readState } from '../state.ts';
import { askGrowth, type SizeOfStack } from './growth.ts';
import { type StackReport, stackStatus } from './status.ts';

/** All that `sfp server status` shows. */
export interface StackOverview extends StackReport {
  versions: {
    /** Platform version that is installed; null before init has come to its end. */
    installed: string | null;
    /** What the API server says that it is; null when it is not reached. */
    running: string | null;
    /** Of this program. */
    cli: string;
    /** True when this program would update the stack. */
    updateAvailable: boolean;
  };
  migrations: {
    /** The newest one in the running database; null when it does not run. */
    database: number | null;
    /** The newest one that this program knows. */
    known: number;
    /** How many are still to run; null when the database does not run. */
    pending: number | null;
  };
  lastBackup: LastBackup | null;
  /** How large it is and how fast it grows; null when it does not answer. */
  growth: SizeOfStack | null;
}

export interface OverviewOptions {
  baseDir: string;
  tenant: string;
  runtimeFor(stack: Stack): StackRuntime;
  platformVersion: string;
}

/** The status of a stack with what is installed, what an update would bring, and how old the last backup is. */
export async function stackOverview(options: OverviewOptions): Promise<StackOverview> {
  const { baseDir, tenant, runtimeFor, platformVersion: cli } = options;
  const stack = openStack(baseDir, tenant);
  const [report, backup] = await Promise.all([
    stackStatus(baseDir, tenant, runtimeFor),
    lastBackup(stack.layout, new Date()),
  ]);
  const installed = readState(stack.layout)?.platformVersion ?? null;
  const [running, growth] =
    report.status === 'stopped' ? [null, null] : await Promise.all([askVersion(stack), askGrowth(stack)]);
  const database = running?.schema ?? null;
  return {
    ...report,
    versions: {
      installed,
      running: running?.platform ?? null,
      cli,
      updateAvailable: installed !== null && isNewer(cli, installed),
    },
    migrations: {
      database,
      known: schemaVersion,
      pending: database === null ? null : Math.max(0, schemaVersion - database),
    },
    lastBackup: backup,
    growth,
  };
}

const isNewer = (version: string, than: string): boolean =>
  version.localeCompare(than, 'en', { numeric: true, sensitivity: 'base' }) > 0;

const askMs = 5_000;

/** What the running platform says of itself, through the gateway; null when it is not reached. */
async function askVersion(stack: Stack): Promise<z.infer<typeof versionSchema> | null> {
  try {
    const answer = await fetch(`${localUrl(stack.settings)}/api/v1/version`, { signal: AbortSignal.timeout(askMs) });
    return versionSchema.safeParse(await answer.json()).data ?? null;
  } catch {
    return null; // not reached: the status of the services says why
  }
}
