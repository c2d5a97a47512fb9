import { z } from 'zod';
import { SfpError } from '../../../contracts/error.ts';
import { type PlatformSchema, platformSchemaSchema } from '../../../contracts/schema-version.ts';
import { localUrl } from '../../local-url.ts';
import { type PlatformMigration, platformMigrations } from '../../releases/migrations.ts';
import { releasesBetween, requiredStop } from '../../releases/range.ts';
import { releases } from '../../releases/releases.ts';
import { compareVersions, isVersion } from '../../releases/version-order.ts';
import type { InstallPlan, StackRuntime } from '../../runtime.ts';
import { serverCommand } from '../../server-command.ts';
import type { Stack } from '../../stack.ts';
import { readState } from '../../state.ts';
import { gatewayClient } from '../verify/verification.ts';

/** What an update would do, and what one has to know about it. Made by reading only. */
export interface UpdateReview {
  tenant: string;
  from: string;
  to: string;
  /** False when neither version nor settings nor images would change. */
  changes: boolean;
  plan: InstallPlan;
  /** Migrations that would run. */
  migrations: readonly PlatformMigration[];
  /** The schema now; told by the version when the stack is stopped. */
  schemaVersion: number;
  notes: readonly string[];
  /** What stops working as it did: asked for before anything happens. */
  breaking: readonly string[];
  running: boolean;
  /** Tasks that wait or run; null when the stack is stopped or does not answer. */
  tasksInFlight: number | null;
}

export async function reviewUpdate(stack: Stack, runtime: StackRuntime, to: string): Promise<UpdateReview> {
  const { tenant } = stack.layout;
  const from = assertWay(stack, to);
  const running = (await runtime.status(stack)).status !== 'stopped';
  const plan = await runtime.plan(stack);
  const schema = (running ? await askSchema(stack) : null) ?? { version: schemaOf(from), breaking: 0 };
  const migrations = platformMigrations().filter(({ version }) => version > schema.version);
  const passed = releasesBetween(releases, from, to);
  const breaking = [
    ...passed.flatMap((release) => release.breaking.map((text) => `${release.version}: ${text}`)),
    ...migrations.filter((one) => one.breaking).map(({ file, purpose }) => `migration ${file}: ${purpose}`),
  ];
  return {
    tenant,
    from,
    to,
    changes: from !== to || migrations.length > 0 || !isEmpty(plan),
    plan,
    migrations,
    schemaVersion: schema.version,
    notes: passed.flatMap((release) => release.notes.map((text) => `${release.version}: ${text}`)),
    breaking,
    running,
    tasksInFlight: running ? await countTasks(stack) : null,
  };
}

const isEmpty = ({ files, images, services }: InstallPlan): boolean =>
  files.length === 0 && images.length === 0 && services.length === 0;

/** The installed version, from which there is a way to this one. */
function assertWay({ layout }: Stack, to: string): string {
  const from = readState(layout)?.platformVersion;
  if (from === undefined || !isVersion(from)) {
    throw new SfpError({
      code: 'version_unknown',
      message: `${layout.stateFile} does not say which version is installed.`,
      detail: from === undefined ? 'the file is missing' : `it says "${from}"`,
      suggestion: `Start the stack with the sfp that made it: \`${serverCommand(layout, 'start')}\` writes the file again.`,
    });
  }
  if (compareVersions(from, to) > 0) {
    throw new SfpError({
      code: 'version_older',
      message: `Stack "${layout.tenant}" has version ${from}; this is sfp ${to}, which is older.`,
      suggestion: `Go back to the version before the last update with \`${serverCommand(layout, 'rollback')}\`, or install sfp ${from}.`,
    });
  }
  const stop = requiredStop(releases, from, to);
  if (stop === null) return from;
  throw new SfpError({
    code: 'required_stop',
    message: `An update from ${from} to ${to} has to stop at ${stop.version} first.`,
    detail: stop.breaking.join('\n'),
    suggestion: `Install sfp ${stop.version}, run \`${serverCommand(layout, 'update')}\` with it, then come back to this one.`,
  });
}

/** What the database of a version has when it is healthy; for one that is not in the list, all that is known here. */
const schemaOf = (version: string): number =>
  (releases.findLast((release) => compareVersions(release.version, version) <= 0) ?? releases[0])?.schemaVersion ?? 0;

async function askSchema(stack: Stack): Promise<PlatformSchema | null> {
  const { data, error } = await gatewayClient(localUrl(stack.settings), stack.secrets.publishableKey).rpc(
    'platform_schema',
  );
  return error === null ? platformSchemaSchema.parse(data) : null; // not reached: it may be why there is an update
}

async function countTasks(stack: Stack): Promise<number | null> {
  const { count, error } = await gatewayClient(localUrl(stack.settings), stack.secrets.secretKey)
    .from('tasks')
    .select('id', { count: 'exact', head: true })
    .in('status', ['queued', 'running']);
  return error === null ? z.number().int().nullable().parse(count) : null; // told as unknown
}
