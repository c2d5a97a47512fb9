import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { transaction } from '../database/pool.ts';
import { matchesEventKey } from '../domain/event-key.ts';
import { evaluate } from '../domain/expression.ts';
import type { WorkflowCatalog, WorkflowVersion } from '../store/catalog.ts';
import { insertEvents, type NewEvent } from '../store/events.ts';
import { insertRuns } from '../store/insert-runs.ts';
import { type NewRun, planRun, type RunRequest } from '../store/new-run.ts';
import type { RunFeed } from '../streams/run-feed.ts';
import { Batcher } from './batcher.ts';
import type { TaskLifecycle } from './lifecycle.ts';

interface Parts {
  pool: Pool;
  catalog: WorkflowCatalog;
  lifecycle: TaskLifecycle;
  runFeed: RunFeed;
  due: (seconds: number) => void;
}

export interface PushedEvent {
  key: string;
  payload: string;
  metadata: Record<string, unknown>;
  scope: string | undefined;
  priority: number | undefined;
}

/** Makes runs: for callers, and for events. What one call asks for is made whole or not at all. */
export class Trigger {
  readonly #parts: Parts;
  readonly #inserts: Batcher<NewRun[], string[]>;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#inserts = new Batcher(async (groups) => {
      const ids = await insertRuns(parts.pool, groups.flat());
      return groups.map((group) => ids.splice(0, group.length));
    }, 100);
  }

  /** Starts runs; answers their ids in order. */
  async runs(requests: readonly RunRequest[]): Promise<string[]> {
    if (requests.length === 0) return [];
    const runs = requests.map(planRun);
    const ids = await this.#inserts.submit(runs);
    this.#started(runs.filter((run, index) => ids[index] === run.id));
    return ids;
  }

  /** Stores events and starts what listens for them. */
  async events(pushed: readonly PushedEvent[]): Promise<NewEvent[]> {
    const events = pushed.map((event): NewEvent => ({ ...event, id: randomUUID(), createdAt: new Date() }));
    const runs = events.flatMap((event) =>
      this.#listeners(event).map((version) => planRun(eventRequest(version, event))),
    );
    await transaction(this.#parts.pool, async (client) => {
      await insertEvents(client, events);
      if (runs.length > 0) await insertRuns(client, runs);
    });
    this.#started(runs);
    return events;
  }

  async stop(): Promise<void> {
    await this.#inserts.idle();
  }

  #started(runs: readonly NewRun[]): void {
    const tasks = runs.flatMap((run) => run.tasks);
    const queued = tasks.filter((task) => task.status === 'QUEUED');
    const waiting = tasks.filter((task) => task.status === 'WAITING');
    this.#parts.lifecycle.scheduler.wake(new Set(queued.map((task) => task.lane)));
    this.#parts.lifecycle.keysTouched(
      new Set(
        [...runs.flatMap((run) => run.keys), ...waiting.flatMap((task) => task.keys)].map((wanted) => wanted.key),
      ),
    );
    const timeouts = new Set([...queued, ...waiting].map((task) => task.scheduleTimeout));
    if (timeouts.size > 0) this.#parts.due(Math.min(...timeouts));
    this.#parts.runFeed.finished(runs.filter((run) => run.error !== undefined).map((run) => run.id));
  }

  #listeners(event: PushedEvent): WorkflowVersion[] {
    return [...this.#parts.catalog.all()].filter(
      ({ definition }) =>
        definition.eventTriggers.some((pattern) => matchesEventKey(pattern, event.key)) &&
        (definition.filters.length === 0 || definition.filters.some((filter) => passes(filter, event))),
    );
  }
}

/** Filters count only for events of their scope; one that cannot be evaluated does not match. */
const passes = (filter: { expression: string; scope: string }, event: PushedEvent): boolean => {
  if (filter.scope !== event.scope) return false;
  const variables = { input: JSON.parse(event.payload), additional_metadata: event.metadata };
  const result = evaluate(filter.expression, variables);
  return 'value' in result && result.value === true;
};

const eventRequest = (version: WorkflowVersion, event: NewEvent): RunRequest => ({
  version,
  input: event.payload,
  metadata: { ...event.metadata, hatchet__event_id: event.id, hatchet__event_key: event.key },
  priority: event.priority,
  parent: undefined,
  event: { id: event.id, key: event.key },
  wantedLabels: {},
  desiredWorkerId: undefined,
});
