import { SfpError } from '../../contracts/error.ts';
import { fileBytes } from '../../stack/backup/file-bytes.ts';
import type { SnapshotFacts, SnapshotTarget } from '../../stack/backup/snapshot.ts';
import type { Report } from '../../stack/runtime.ts';
import type { Stack } from '../../stack/stack.ts';
import { withDatabase } from '../database-access.ts';
import { DatabaseSession, StatementError } from '../database-session.ts';
import { databaseFacts } from './database-facts.ts';
import { helperImage } from './helper-image.ts';
import { OnlineBackup } from './online-backup.ts';
import {
  artifactsFile,
  type CopiedVolume,
  clusterFile,
  indexFile,
  othersFile,
  type SnapshotIndex,
  vaultKeyFile,
  walFile,
} from './snapshot-files.ts';
import { volumesOutput } from './volume-helper.ts';
import { packClusterScript, packSeveralScript, packWalScript } from './volume-scripts.ts';

interface SnapshotOptions {
  signal: AbortSignal;
  report: Report;
}

interface Copy extends SnapshotOptions {
  stack: Stack;
  target: SnapshotTarget;
  image: string;
}

/** Copies the whole cluster, consistent at the moment the copy ends, while everything goes on; its key; and the engine's. */
export function takeSnapshot(stack: Stack, target: SnapshotTarget, options: SnapshotOptions): Promise<SnapshotFacts> {
  return withDatabase(stack, options, async () => {
    const session = await DatabaseSession.open(stack);
    try {
      // Until the end of the session nothing that builds keep is removed.
      await session.query(`select pg_advisory_lock(hashtext('sfp.artifacts'))`);
      const facts = await databaseFacts(stack, session);
      // Compressed it takes a fraction; what it takes at most is known, and is what a restore needs.
      target.reserve(facts.unpackedBytes);
      options.report(`${Math.ceil(facts.unpackedBytes / 1_000_000)} MB of database`);
      const image = await helperImage(stack.layout);
      // A copy whose session is lost is of no use: then it need not go on.
      const signal = AbortSignal.any([options.signal, session.lost]);
      await copy({ ...options, signal, stack, target, image }, session, facts.unpackedBytes);
      return facts;
    } catch (error) {
      throw told(error, options.signal, session);
    } finally {
      await session.close();
    }
  });
}

async function copy(context: Copy, session: DatabaseSession, unpackedBytes: number): Promise<void> {
  const { stack, target, report } = context;
  const others = otherVolumes(stack);
  await target.write(vaultKeyFile, fileBytes(stack.layout.vaultKeyFile));
  await target.write(othersFile, pack(context, others, packSeveralScript));
  const backup = await OnlineBackup.begin(session);
  await target.write(clusterFile, pack(context, ['db-data'], packClusterScript));
  const { label, segments } = await backup.end();
  report(`and ${segments.length} segment${segments.length === 1 ? '' : 's'} of WAL`);
  const wal = pack(context, ['db-data'], packWalScript, { args: segments, stdin: [Buffer.from(label)] });
  await target.write(walFile, wal);
  await target.write(artifactsFile, pack(context, ['artifacts'], packSeveralScript));
  const index: SnapshotIndex = { version: 1, unpackedBytes, volumes: ['db-data', ...others, 'artifacts'] };
  await target.write(indexFile, [Buffer.from(`${JSON.stringify(index, null, 2)}\n`)]);
}

/** Without the engine's keys its token would be void. One that runs elsewhere keeps its own. */
function otherVolumes({ settings }: Stack): CopiedVolume[] {
  const { hatchet } = settings.roles;
  const ours = hatchet === undefined || hatchet === 'builtin';
  return ['db-config', ...(ours ? (['hatchet-config', 'hatchet-token'] as const) : [])];
}

const pack = (
  { stack: { layout }, image, signal }: Copy,
  volumes: readonly CopiedVolume[],
  script: string,
  input: { args?: readonly string[]; stdin?: Iterable<Uint8Array> } = {},
): AsyncGenerator<Uint8Array> =>
  volumesOutput({
    ...{ layout, volumes, image, script, signal, ...input },
    readOnly: true,
    purpose: 'backup',
    failure: `${volumes.join(', ')} could not be copied.`,
  });

/** What came first: the operator's cancel, the end of the session, or the failure itself. */
function told(error: unknown, signal: AbortSignal, session: DatabaseSession): unknown {
  if (signal.aborted) return new SfpError({ code: 'cancelled', message: 'The backup was cancelled.' });
  if (session.lost.aborted) return session.lost.reason;
  if (!(error instanceof StatementError)) return error;
  return new SfpError(
    {
      code: 'backup_failed',
      message: 'The database could not be copied.',
      detail: error.message,
      suggestion: 'Remove the cause and run the backup again. Nothing was kept of this one.',
    },
    { cause: error },
  );
}
