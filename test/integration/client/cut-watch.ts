import { setTimeout as delay } from 'node:timers/promises';
import type { FeedSource } from '../../../client/watch/feed-source.ts';
import type { WatchPhase } from '../../../client/watch/phase.ts';
import { watchTask } from '../../../client/watch/watch-task.ts';
import type { CuttingProxy } from './cutting-proxy.ts';

export interface CutWatchOptions {
  source: FeedSource;
  proxy: CuttingProxy;
  cuts: number;
  /** Makes the task say something more; called all the time. */
  append(): Promise<void>;
  /** Makes the task say its last word. */
  finish(): Promise<void>;
}

export interface CutWatchResult {
  /** Every `seq` that the watch delivered, in the order it did. */
  seqs: number[];
  status: string | undefined;
  phases: Record<WatchPhase, number>;
}

/** Watches a talking task through a proxy that is cut again and again, mostly just after the watch was live again. */
export async function watchThroughCuts({
  source,
  proxy,
  cuts,
  append,
  finish,
}: CutWatchOptions): Promise<CutWatchResult> {
  const result: CutWatchResult = {
    seqs: [],
    status: undefined,
    phases: { connecting: 0, live: 0, recovering: 0, polling: 0, done: 0 },
  };
  let phase: WatchPhase = 'connecting';
  const talking = new AbortController();

  const talk = async (): Promise<void> => {
    while (!talking.signal.aborted) {
      await append();
      await delay(Math.random() * 15);
    }
  };
  const cutAgainAndAgain = async (): Promise<void> => {
    while (proxy.cuts < cuts) {
      // Now and then not even that: cut while it is still recovering, or in the middle of its handshake.
      const patient = Math.random() < 0.7;
      const deadline = Date.now() + (patient ? 5_000 : Math.random() * 250);
      while (Date.now() < deadline && !(patient && phase === 'live')) await delay(5);
      await delay(Math.random() * 40);
      proxy.cut();
    }
  };
  const watch = async (): Promise<void> => {
    for await (const update of watchTask({ source })) {
      if (update.type === 'events') result.seqs.push(...update.events.map(({ seq }) => seq));
      if (update.type === 'end') result.status = update.status;
      if (update.type === 'phase') {
        phase = update.phase;
        result.phases[phase] += 1;
      }
    }
  };

  const watched = watch();
  const talked = talk();
  await Promise.race([cutAgainAndAgain(), watched]);
  talking.abort();
  await talked;
  await finish();
  await watched;
  return result;
}
