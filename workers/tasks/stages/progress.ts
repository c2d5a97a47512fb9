import type { Stage } from '../../../contracts/deployment.ts';
import type { declaredStages, ProjectFile } from '../../../contracts/project-file.ts';
import type { EventLog } from '../../progress/event-log.ts';
import type { StageLedger } from './stage-ledger.ts';

/** How far a task is: finished steps of all that it will run when nothing fails. */
export class Progress {
  readonly #events: EventLog;
  readonly #total: number;
  #done: number;

  constructor(
    events: EventLog,
    file: ProjectFile,
    ledger: StageLedger,
    planned: readonly (typeof declaredStages)[number][],
  ) {
    this.#events = events;
    const steps = (stage: (typeof planned)[number]): number => file[stage]?.length ?? 0;
    this.#total = planned.reduce((sum, stage) => sum + steps(stage), 0);
    this.#done = planned.filter((stage) => ledger.isSettled(stage)).reduce((sum, stage) => sum + steps(stage), 0);
  }

  stepDone(stage: Stage, step: string): void {
    if (stage === 'rollback') return;
    this.#done += 1;
    const progress = { stage, percent: Math.round((this.#done / this.#total) * 100), message: step };
    this.#events.say('progress', progress, { progress });
  }
}
