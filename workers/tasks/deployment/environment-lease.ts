import { setTimeout as delay } from 'node:timers/promises';
import { persist } from '../../store/persist.ts';
import { interruptionOf } from '../interruption.ts';
import type { TaskRun } from '../task-run.ts';

const leaseSeconds = 30;
const renewMs = 8_000;
const pollMs = 500;

/** What the log says of the wait; a person's lock may last for hours, so it says whose it is. */
function waitText(
  slug: string,
  { position, holder, reason }: Awaited<ReturnType<TaskRun['store']['acquireEnvironment']>>,
) {
  const lock = holder === undefined ? '' : `, held by ${holder}${reason === undefined ? '' : ` (${reason})`}`;
  return `Waiting for the environment ${slug}: ${position} ahead${lock}.`;
}

/**
 * The right to change one environment. Deployments to it take turns in the order they asked; a holder that dies loses
 * its turn when the lease runs out.
 */
export class EnvironmentLease {
  readonly #run: TaskRun;
  readonly #environmentId: string;
  #renewal: NodeJS.Timeout | undefined;

  private constructor(run: TaskRun, environmentId: string) {
    this.#run = run;
    this.#environmentId = environmentId;
  }

  /** Waits for the turn; says where in the queue it stands whenever that changes. */
  static async acquire(run: TaskRun, environment: { id: string; slug: string }): Promise<EnvironmentLease> {
    const lease = new EnvironmentLease(run, environment.id);
    let position: number | undefined;
    for (;;) {
      const ticket = await persist(() => lease.#ask(), run.signal);
      if (ticket.held) break;
      if (ticket.position !== position) {
        position = ticket.position;
        run.events.say('note', { text: waitText(environment.slug, ticket) });
      }
      await delay(pollMs, undefined, { signal: run.signal });
    }
    lease.#renewal = setInterval(() => void lease.#renew(), renewMs);
    return lease;
  }

  /** Gives the turn back; not when another attempt of the same task has taken over, for then it is that one's. */
  async release(): Promise<void> {
    clearInterval(this.#renewal);
    if (interruptionOf(this.#run.signal)?.kind === 'lost') return;
    await persist(() => this.#run.store.releaseEnvironment(this.#environmentId, this.#run.started.task.id));
  }

  #ask() {
    return this.#run.store.acquireEnvironment(this.#environmentId, this.#run.started.task.id, leaseSeconds);
  }

  async #renew(): Promise<void> {
    try {
      const { held } = await persist(() => this.#ask(), this.#run.signal);
      if (!held) this.#run.interrupt('lost', new Error('the lease of the environment ran out'));
    } catch (error) {
      if (!this.#run.signal.aborted) this.#run.interrupt('lost', error);
    }
  }
}
