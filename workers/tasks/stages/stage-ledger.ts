import {
  type Stage,
  type StageStatus,
  type StageStatusMap,
  stages,
  stageTransitions,
} from '../../../contracts/deployment.ts';
import type { Failure } from '../../../contracts/error.ts';
import type { EventLog } from '../../progress/event-log.ts';
import type { TaskPatch } from '../../store/task-store.ts';

/** Statuses behind which a stage does not run again. */
const settled: readonly StageStatus[] = ['succeeded', 'skipped'];

/** The stages of one deployment: every move is an event and a change of the row, in one transaction. */
export class StageLedger {
  readonly #events: EventLog;
  readonly #status: StageStatusMap;
  readonly #startedAt = new Map<Stage, number>();

  constructor(events: EventLog, status: StageStatusMap) {
    this.#events = events;
    this.#status = { ...status };
  }

  status(stage: Stage): StageStatus {
    return this.#status[stage];
  }

  /** True when the stage need not run (again). */
  isSettled(stage: Stage): boolean {
    return settled.includes(this.#status[stage]);
  }

  /** The first stage that still has to run. */
  get next(): Stage | undefined {
    return stages.find((stage) => stage !== 'rollback' && !this.isSettled(stage));
  }

  get hasFailed(): boolean {
    return stages.some((stage) => this.#status[stage] === 'failed');
  }

  get running(): Stage | undefined {
    return stages.find((stage) => this.#status[stage] === 'running');
  }

  move(stage: Stage, to: StageStatus, failure?: Failure, patch: TaskPatch = {}): void {
    const from = this.#status[stage];
    if (from === to) return;
    if (!stageTransitions[from].includes(to)) throw new Error(`stage ${stage} cannot go from ${from} to ${to}`);
    this.#status[stage] = to;
    if (to === 'running') this.#startedAt.set(stage, Date.now());
    const startedAt = this.#startedAt.get(stage);
    const data = {
      stage,
      status: to,
      ...(to !== 'running' && startedAt !== undefined ? { durationMs: Date.now() - startedAt } : {}),
      ...(failure === undefined ? {} : { failure }),
    };
    this.#events.say('stage', data, { ...patch, stages: { [stage]: to } });
  }

  /** Fails a stage, also one that had not begun. */
  fail(stage: Stage, failure: Failure): void {
    if (this.#status[stage] === 'pending') this.move(stage, 'running');
    this.move(stage, 'failed', failure);
  }

  /** Moves every stage that waits, in order. */
  moveWaiting(to: StageStatus, except: readonly Stage[] = []): void {
    for (const stage of stages) if (this.#status[stage] === 'pending' && !except.includes(stage)) this.move(stage, to);
  }
}
