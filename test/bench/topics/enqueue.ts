import { type TopicUpdate, watchTopic } from '../../../client/watch/watch-topic.ts';
import type { TaskEventRow } from '../../../contracts/task-event.ts';
import { waitFor } from '../../support/wait.ts';
import type { BenchStack } from '../support/bench-stack.ts';
import { cpuSentence, withCpu } from '../support/cpu-report.ts';
import { engineLatencies } from '../support/engine-latencies.ts';
import { latencyCells, latencyColumns } from '../support/samples.ts';
import { printNote, printTable } from '../support/table.ts';

const deployments = 20;
const engineRuns = 150;

/** From the request for a deployment to its first attempt at work, and the engine's part of that alone. */
export async function enqueueToStart(stack: BenchStack): Promise<void> {
  // Its gate is open from the start: each deployment runs through.
  const environment = await stack.api.environments.create('app', { slug: 'queue', variables: { GATE: '/' } });
  const rows = new Map<string, number[]>();
  const add = (what: string, ms: number): void => void rows.set(what, [...(rows.get(what) ?? []), ms]);

  const feed = new Feed(stack, environment.id);
  const [, cpu] = await withCpu(stack.dir, async () => {
    await feed.joined();
    for (let index = 0; index < deployments; index += 1) {
      const sent = Date.now();
      const { taskId } = await stack.api.deployments.create({ project: 'app', environment: 'queue' });
      const answered = Date.now();
      const running = await feed.event(taskId, 'running');
      const queued = await feed.event(taskId, 'queued');
      add('sent to `task running` at a client', running.seen - sent);
      add('sent to answered', answered - sent);
      add('sent to written (event `queued`)', queued.at - sent);
      add('written to started (event `running`)', running.at - queued.at);
      add('started to event at a client', running.seen - running.at);
      await feed.event(taskId, 'succeeded');
    }
  }).finally(() => feed.close());

  const [engine, engineCpu] = await withCpu(stack.dir, () => engineLatencies(stack, engineRuns));
  const deployed = [...rows].map(([what, samples]) => [`deployment: ${what}`, ...latencyCells(samples)]);
  printTable(
    'Enqueue to start',
    ['what', ...latencyColumns],
    [
      ...deployed,
      ['engine alone, SDK: sent to started', ...latencyCells(engine.started)],
      ['engine alone, SDK: sent to answered', ...latencyCells(engine.answered)],
    ],
  );
  printNote(`CPU of the deployments: ${cpuSentence(cpu)}. CPU of the engine alone: ${cpuSentence(engineCpu)}.`);
}

interface Seen {
  /** When the database wrote it, and when it was here; both by the clock of this machine. */
  at: number;
  seen: number;
}

/** The status events of all tasks of an environment, as they arrive. */
class Feed {
  readonly #events = new Map<string, Seen>();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #joined = false;

  constructor(stack: BenchStack, environmentId: string) {
    this.#done = this.#read(
      watchTopic({ ...stack, kind: 'environment', id: environmentId, signal: this.#stop.signal }),
    );
  }

  joined(): Promise<boolean> {
    return waitFor(() => this.#joined, { timeoutMs: 20_000, what: 'the topic of the environment' });
  }

  event(taskId: string | null, status: string): Promise<Seen> {
    return waitFor(() => this.#events.get(`${taskId} ${status}`), { timeoutMs: 30_000, what: status, everyMs: 2 });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #read(updates: AsyncIterable<TopicUpdate>): Promise<void> {
    for await (const update of updates) {
      if (update.type === 'joined') this.#joined = true;
      if (update.type !== 'batch') continue;
      for (const event of update.batch.events ?? []) this.#keep(event);
    }
  }

  #keep({ task_id, kind, data, at }: TaskEventRow): void {
    if (kind === 'task')
      this.#events.set(`${task_id} ${String(data.status)}`, { at: Date.parse(at), seen: Date.now() });
  }
}
