import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Registration } from './engine.ts';

const everyMs = 10_000;
/** Heartbeats come every 4 s. The SDK needs about 15 s to listen again after an engine restart (measured). */
const silentMs = 45_000;

export type Verdict = 'alive' | 'zombie';

/**
 * A worker whose stream the engine has given up keeps saying that it is healthy and gets no work, for ever (SDK 1.33.2).
 * So the engine is asked instead: one that reports this worker unknown, inactive or silent for 45 s has lost it.
 */
export function judge(
  registration: Registration | undefined,
  lostSinceMs: number | undefined,
  now: number,
): { verdict: Verdict; lostSinceMs: number | undefined } {
  const listening =
    registration !== undefined && registration.status !== 'INACTIVE' && now - registration.lastHeartbeatAt < silentMs;
  if (listening) return { verdict: 'alive', lostSinceMs: undefined };
  const since = lostSinceMs ?? now;
  return { verdict: now - since >= silentMs ? 'zombie' : 'alive', lostSinceMs: since };
}

/** Resolves when this worker is a zombie; never while the engine cannot be asked (then the SDK is reconnecting). */
export async function watchForZombie(
  registration: () => Promise<Registration | undefined>,
  signal: AbortSignal,
  log: Logger,
): Promise<'zombie' | 'stopped'> {
  let lostSinceMs: number | undefined;
  while (!signal.aborted) {
    // An abort ends the wait; the next line looks at the signal.
    await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) break;
    try {
      const judged = judge(await registration(), lostSinceMs, Date.now());
      lostSinceMs = judged.lostSinceMs;
      if (judged.verdict === 'zombie') return 'zombie';
    } catch (error) {
      log.debug({ err: error }, 'the engine cannot be asked about this worker');
    }
  }
  return 'stopped';
}
