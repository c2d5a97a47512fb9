import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { type Lane, parseLane } from '../domain/lane.ts';
import { type Assignment, claimTasks } from '../store/claim-tasks.ts';
import { seatsFor } from './seats.ts';
import type { WorkerRegistry } from './worker-registry.ts';

/**
 * Gives waiting tasks to workers with a free place. Woken, never polling: by a lane that got a task and by a worker that got a place.
 * Lanes are served in turn, so that one busy workflow does not starve the others.
 */
export class Scheduler {
  readonly #pool: Pool;
  readonly #registry: WorkerRegistry;
  readonly #deliver: (assignments: Assignment[]) => Promise<void>;
  readonly #log: Logger;
  readonly #parsed = new Map<string, Lane>();
  /** Lanes that may hold something; the number tells whether a task arrived while the lane was being emptied. */
  readonly #waiting = new Map<string, number>();
  readonly #lastWorker = new Map<string, string>();
  #arrivals = 0;
  #kicked = false;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(
    pool: Pool,
    registry: WorkerRegistry,
    deliver: (assignments: Assignment[]) => Promise<void>,
    log: Logger,
  ) {
    this.#pool = pool;
    this.#registry = registry;
    this.#deliver = deliver;
    this.#log = log;
  }

  /** Tasks were queued in these lanes. */
  wake(lanes: Iterable<string>): void {
    let any = false;
    for (const lane of lanes) {
      this.#waiting.set(lane, ++this.#arrivals);
      any = true;
    }
    if (any) this.kick();
  }

  /** Something changed on the workers' side. */
  kick(): void {
    if (this.#stopped) return;
    this.#kicked = true;
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    // What is kicked in the same turn is served together, and the promise is stored before it can be cleared.
    await Promise.resolve();
    try {
      while (this.#kicked && !this.#stopped) {
        this.#kicked = false;
        for (const lane of [...this.#waiting.keys()]) await this.#serve(lane);
      }
    } catch (error) {
      // The database is away. Nothing is lost: what waits is in it, and the next wake-up or sweep tries again.
      this.#log.error({ err: error }, 'scheduling failed');
    } finally {
      this.#running = undefined;
    }
  }

  async #serve(text: string): Promise<void> {
    const lane = this.#lane(text);
    const seats = seatsFor(lane, this.#registry.all(), this.#lastWorker.get(lane.action), Date.now());
    const arrival = this.#waiting.get(text);
    if (seats.length === 0 || arrival === undefined) return;
    const assignments = await claimTasks(this.#pool, text, seats);
    if (assignments.length < seats.length && this.#waiting.get(text) === arrival) this.#waiting.delete(text);
    else this.#kicked ||= assignments.length > 0;
    // To the end of the line.
    const again = this.#waiting.get(text);
    if (again !== undefined && this.#waiting.delete(text)) this.#waiting.set(text, again);
    const last = assignments.at(-1);
    if (last === undefined) return;
    this.#lastWorker.set(lane.action, last.worker_id);
    await this.#deliver(assignments);
  }

  #lane(text: string): Lane {
    let lane = this.#parsed.get(text);
    if (lane === undefined) {
      if (this.#parsed.size > 10_000) this.#parsed.clear();
      lane = parseLane(text);
      this.#parsed.set(text, lane);
    }
    return lane;
  }
}
