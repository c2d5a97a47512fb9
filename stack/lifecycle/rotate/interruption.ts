import { setTimeout as delay } from 'node:timers/promises';
import { asks } from './request.ts';

const everyMs = 100;

/** Asks the stack again and again, as a client would, until it is told to stop; then says how long nobody was served. */
export function watchInterruption(url: string, keys: readonly string[]): { stop(): Promise<number> } {
  const ended = new AbortController();
  let interruptedMs = 0;
  const watch = async (): Promise<void> => {
    let failingSince: number | null = null;
    while (!ended.signal.aborted || failingSince !== null) {
      const asked = performance.now();
      const served = await isServed(url, keys);
      if (!served) failingSince ??= asked;
      else if (failingSince !== null) {
        interruptedMs += performance.now() - failingSince;
        failingSince = null;
      }
      // What is still failing at the end is not waited for: the proof says what it is.
      if (ended.signal.aborted) break;
      await delay(everyMs, undefined, { signal: ended.signal }).catch(() => undefined); // told to stop
    }
    if (failingSince !== null) interruptedMs += performance.now() - failingSince;
  };
  const watching = watch();
  return {
    async stop() {
      ended.abort();
      await watching;
      return Math.round(interruptedMs);
    },
  };
}

/** With the key of before or of after: a client that knows either is not interrupted by the change of it. */
async function isServed(url: string, keys: readonly string[]): Promise<boolean> {
  for (const key of keys) {
    try {
      if ((await asks(url, key)).ok) return true;
    } catch {
      // not reached: that is what is measured
    }
  }
  return false;
}
