import { setTimeout as delay } from 'node:timers/promises';
import { SfpError } from '../contracts/error.ts';
import type { Report } from '../stack/runtime.ts';
import { serverCommand } from '../stack/server-command.ts';
import type { Stack } from '../stack/stack.ts';
import { containerFailure, firstFault } from './container-failure.ts';
import { isReady, type StackContainer, stackContainers } from './stack-containers.ts';

const pollMs = 400;
/** So often somebody who waits is told for what. */
const quietMs = 5_000;
/** The checks have limits of their own; this one is for an engine that makes no progress. */
const limitMs = 600_000;

export interface Watch {
  /** Services that have to become ready. */
  names: readonly string[];
  /** All services, each after what it needs. */
  order: readonly string[];
  /** The containers before the start: what still looks the same and does not run has not had its turn yet. */
  before: readonly StackContainer[];
  /** Ends the wait without an answer: somebody else found out why it failed, or nobody wants it any more. */
  signal: AbortSignal;
  report: Report;
}

/** Resolves when all are ready, with a word for each. Throws as soon as one has failed for good. */
export async function watchStart(stack: Stack, { names, order, before, signal, report }: Watch): Promise<void> {
  const deadline = performance.now() + limitMs;
  const told = new Set<string>();
  let tellAt = performance.now() + quietMs;
  while (!signal.aborted) {
    const containers = (await stackContainers(stack.layout)).filter(
      (container) => names.includes(container.service) && hadTurn(container, before),
    );
    const ready = containers.filter(isReady);
    for (const { service, job } of ready) {
      if (told.has(service)) continue;
      told.add(service);
      report(job ? `${service} is done` : `${service} is healthy`);
    }
    if (names.every((name) => ready.some(({ service }) => service === name))) return;
    const failed = firstFault(containers, order);
    if (failed !== null) throw await containerFailure(stack, failed);
    if (performance.now() > tellAt) {
      tellAt += quietMs;
      const waiting = containers.flatMap(({ service, state }) =>
        told.has(service) || state === 'created' ? [] : [service],
      );
      if (waiting.length > 0) report(`waiting for ${waiting.join(', ')}`);
    }
    if (performance.now() > deadline) throw tooSlow(stack, names, told);
    await delay(pollMs, undefined, { signal }).catch(() => undefined); // the loop looks at the signal
  }
}

/** By what changed, not by the clock: the engine may be on another machine, with another time. */
const hadTurn = ({ id, running, job, startedAt }: StackContainer, before: readonly StackContainer[]): boolean =>
  (running && !job) || before.find((earlier) => earlier.id === id)?.startedAt !== startedAt;

const tooSlow = ({ layout }: Stack, names: readonly string[], told: ReadonlySet<string>): SfpError =>
  new SfpError({
    code: 'stack_unhealthy',
    message: `The stack was not healthy after ${limitMs / 1000} s.`,
    detail: `still waiting for ${names.filter((name) => !told.has(name)).join(', ')}`,
    suggestion: `Look at \`${serverCommand(layout, 'status')}\` and \`${serverCommand(layout, 'logs')}\`.`,
  });
