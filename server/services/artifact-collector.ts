import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { z } from 'zod';
import { ArtifactStore } from '../../artifacts/store.ts';
import { type Database, fetchRows } from './database.ts';

const everyMs = 15 * 60_000;
/** Nothing younger is taken: a build that is being stored is not recorded yet. */
const graceSeconds = 86_400;
/** Longer than this after its claim a run deletes nothing: after two minutes another one may have taken it over. */
const trustClaimMs = 60_000;
const batch = 500;

const expiredSchema = z.object({ builds: z.number(), bytes: z.number() });
const claimedSchema = z.array(z.object({ digest: z.string(), size_bytes: z.number() }));

export interface ArtifactCollector {
  stop(): Promise<void>;
}

export interface CollectOptions {
  db: Database;
  directory: string;
  log: Logger;
  signal: AbortSignal;
  graceSeconds?: number;
}

/**
 * One round: builds that nobody needs any more let go of their files; files that no build refers to are deleted, after the
 * database has said so. Killed anywhere it leaves at most rows of contents that are being removed, which a later round ends.
 */
export async function collectArtifacts({ db, directory, log, signal, ...options }: CollectOptions) {
  const grace = options.graceSeconds ?? graceSeconds;
  const freed = { builds: 0, files: 0, bytes: 0 };
  for (;;) {
    const { builds } = await fetchRows(db.rpc('expire_builds', { p_limit: 200 }), expiredSchema);
    freed.builds += builds;
    if (builds === 0 || signal.aborted) break;
  }
  const store = await ArtifactStore.open(directory);
  const remove = async (found: string[]): Promise<number> => {
    const run = randomUUID();
    const claimedAt = performance.now();
    const claim = { p_run: run, p_found: found, p_grace_seconds: grace, p_limit: batch };
    const claimed = await fetchRows(db.rpc('claim_artifact_removals', claim), claimedSchema);
    const done: string[] = [];
    for (const { digest } of claimed) {
      if (signal.aborted || performance.now() - claimedAt > trustClaimMs) break;
      freed.bytes += await store.remove(digest);
      done.push(digest);
    }
    if (done.length > 0) {
      await fetchRows(db.rpc('finish_artifact_removals', { p_run: run, p_digests: done }), z.number());
    }
    freed.files += done.length;
    return done.length;
  };
  while (!signal.aborted && (await remove([])) > 0);
  let found: string[] = [];
  for await (const digest of store.untouchedSince(new Date(Date.now() - grace * 1_000))) {
    if (signal.aborted) break;
    found.push(digest);
    if (found.length < batch) continue;
    await remove(found);
    found = [];
  }
  if (found.length > 0 && !signal.aborted) await remove(found);
  if (freed.builds > 0 || freed.files > 0) log.info(freed, 'retention of builds');
  return freed;
}

/** Rounds for as long as the server runs; the first one at once, for what a killed one left. */
export function startArtifactCollector(options: Omit<CollectOptions, 'signal'>): ArtifactCollector {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const round = (): void => {
    running = collectArtifacts({ ...options, signal: stopping.signal })
      .then(
        () => undefined,
        (error: unknown) => options.log.warn({ err: error }, 'retention of builds failed; it is tried again'),
      )
      .then(() => {
        if (!stopping.signal.aborted) timer = setTimeout(round, everyMs).unref();
      });
  };
  round();
  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
