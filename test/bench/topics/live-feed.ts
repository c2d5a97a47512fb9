import { createClient } from '@supabase/supabase-js';
import { realtimeSource } from '../../../client/watch/realtime-source.ts';
import { watchTask } from '../../../client/watch/watch-task.ts';
import { waitFor } from '../../support/wait.ts';
import type { BenchStack } from '../support/bench-stack.ts';
import { cpuSentence, withCpu } from '../support/cpu-report.ts';
import { startGatedTask } from '../support/gated-task.ts';
import { figure, latencyCells, latencyColumns, percentile } from '../support/samples.ts';
import { printNote, printTable } from '../support/table.ts';

const appends = { 1: 300, 50: 100 } as const;
const pauseMs = 20;
/** Behind everything that the worker of the task writes. */
const firstPosition = 1_000_000;

interface Arrival {
  sent: number;
  answered: number;
  /** When each watcher had it. */
  arrived: number[];
}

/** From an append by the RPC that workers use to the event in the hands of `client/watch`, on a task that runs. */
export async function liveFeed(stack: BenchStack): Promise<void> {
  const task = await startGatedTask(stack, 'feed');
  try {
    const append = appender(stack, task.id);
    const rows: string[][] = [];
    const notes: string[] = [];
    for (const watchers of [1, 50] as const) {
      const [arrivals, cpu] = await withCpu(stack.dir, () =>
        watched(stack, task.id, append, watchers, appends[watchers]),
      );
      const all = arrivals.flatMap(({ sent, arrived }) => arrived.map((at) => at - sent));
      const last = arrivals.map(({ sent, arrived }) => Math.max(...arrived) - sent);
      const answers = arrivals.map(({ sent, answered }) => answered - sent);
      const after = arrivals.flatMap(({ answered, arrived }) => arrived.map((at) => at - answered));
      rows.push([`${watchers} watching: sent to event at a client`, ...latencyCells(all)]);
      if (watchers > 1) rows.push([`${watchers} watching: sent to event at the last client`, ...latencyCells(last)]);
      rows.push([`${watchers} watching: answered to event at a client`, ...latencyCells(after)]);
      rows.push([`${watchers} watching: sent to answered (the commit)`, ...latencyCells(answers)]);
      notes.push(
        `${watchers} watching: of the median ${figure(percentile(all, 50))} ms the append itself is ${figure(percentile(answers, 50))} ms. CPU: ${cpuSentence(cpu)}.`,
      );
    }
    const polled = await poll(stack, task.id, append);
    rows.push(['baseline, polling the events route without a pause', ...latencyCells(polled.latencies)]);
    rows.push(['baseline, one question to the events route', ...latencyCells(polled.questions)]);
    printTable('Live feed: latency of one event', ['what', ...latencyColumns], rows);
    for (const note of notes) printNote(note);
  } finally {
    await task.finish();
  }
}

type Append = () => Promise<{ marker: string; sent: number; answered: number }>;

export function appender(stack: BenchStack, taskId: string, first = firstPosition): Append {
  const service = createClient(stack.url, stack.secretKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  let position = first;
  return async () => {
    position += 1;
    const marker = `bench ${position}`;
    const events = [{ position, kind: 'note', at: new Date().toISOString(), data: { text: marker } }];
    const sent = performance.now();
    const { error } = await service.rpc('append_task_events', {
      p_task_id: taskId,
      p_attempt: 1,
      p_events: events,
      p_patch: {},
      p_lease_seconds: 30,
    });
    if (error !== null) throw new Error(`append_task_events: ${error.message}`);
    return { marker, sent, answered: performance.now() };
  };
}

/** Appends one event after the other, each when all watchers have the one before. */
export async function watched(
  stack: BenchStack,
  taskId: string,
  append: Append,
  watchers: number,
  count: number,
): Promise<Arrival[]> {
  const task = await stack.api.tasks.get(taskId);
  const seen = new Map<string, number[]>();
  const live = new Set<number>();
  const stop = new AbortController();
  const watching = Array.from({ length: watchers }, (_, index) =>
    watch(stack, taskId, task.lastSeq, stop.signal, {
      live: () => live.add(index),
      note: (text) => void seen.set(text, [...(seen.get(text) ?? []), performance.now()]),
    }),
  );
  const failed = Promise.all(watching);
  try {
    await Promise.race([
      failed,
      waitFor(() => live.size === watchers, { timeoutMs: 60_000, what: `${watchers} watchers`, everyMs: 50 }),
    ]);
    const arrivals: Arrival[] = [];
    for (let index = 0; index < count; index += 1) {
      const { marker, sent, answered } = await append();
      await waitFor(() => seen.get(marker)?.length === watchers, { timeoutMs: 20_000, what: marker, everyMs: 2 });
      arrivals.push({ sent, answered, arrived: seen.get(marker) ?? [] });
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    return arrivals;
  } finally {
    stop.abort();
    await failed;
  }
}

async function watch(
  stack: BenchStack,
  taskId: string,
  afterSeq: number,
  signal: AbortSignal,
  on: { live(): void; note(text: string): void },
): Promise<void> {
  const source = realtimeSource({ ...stack, taskId });
  for await (const update of watchTask({ source, afterSeq, signal })) {
    if (update.type === 'phase' && update.phase === 'live') on.live();
    if (update.type !== 'events') continue;
    for (const event of update.events) {
      if (event.kind === 'note') on.note(event.data.text);
    }
  }
}

/** What the feed would be without Realtime: ask, and ask again as soon as the answer is there. */
async function poll(stack: BenchStack, taskId: string, append: Append) {
  let afterSeq = (await stack.api.tasks.get(taskId)).lastSeq;
  const latencies: number[] = [];
  const questions: number[] = [];
  for (let index = 0; index < 100; index += 1) {
    const appended = append();
    for (let found = false; !found; ) {
      const asked = performance.now();
      const { items } = await stack.api.tasks.events(taskId, { afterSeq, limit: 500 });
      const answered = performance.now();
      questions.push(answered - asked);
      afterSeq = items.at(-1)?.seq ?? afterSeq;
      found = items.some((event) => event.kind === 'note');
      if (found) latencies.push(answered - (await appended).sent);
    }
  }
  return { latencies, questions };
}
