import { afterAll, beforeAll, describe, test } from 'vitest';
import { clientStartRegisterStop } from './scenarios/01-client.ts';
import { putWorkflow } from './scenarios/02-put-workflow.ts';
import { runResultSubscribe } from './scenarios/03-results.ts';
import { failuresRetries } from './scenarios/05-failures.ts';
import { timeouts } from './scenarios/06-timeouts.ts';
import { cancel } from './scenarios/07-cancel.ts';
import { workerKilled } from './scenarios/19-worker-killed.ts';
import { heartbeatsStopped } from './scenarios/20-zombie.ts';
import { workerStopRunning } from './scenarios/21-worker-stop.ts';
import { twoWorkersSlots } from './scenarios/22-two-workers.ts';
import { pauseUnpause } from './scenarios/23-pause.ts';
import { releaseSlotAndCost } from './scenarios/35-slots.ts';
import { backoffSpread } from './scenarios/42-backoff.ts';
import { Scenario } from './support/scenario.ts';
import { startTarget, type Target } from './support/target.ts';
import { judge, report, type VerdictOptions } from './support/verdict.ts';

/** Each plays the SDK calls of a recording and compares every answer. They run side by side: most of their time is waiting. */
const scenarios: [string, (s: Scenario) => Promise<void>, VerdictOptions?][] = [
  ['01_client_start_register_stop', clientStartRegisterStop],
  ['02_put_workflow', putWorkflow],
  ['03_run_result_subscribe', runResultSubscribe],
  ['05_failures_retries', failuresRetries],
  ['06_timeouts', timeouts],
  ['07_cancel', cancel],
  ['19_worker_killed', workerKilled],
  // Two workers end two attempts of one run at about the same time.
  ['21_worker_stop_running', workerStopRunning, { ignore: /workerId$/ }],
  // Which worker takes which of 66 runs is free; that they start in order and no worker is over its slots is not.
  ['22_two_workers_slots', twoWorkersSlots, { ignore: /(\.by|workerId)$/ }],
  ['20_zombie_heartbeats_stopped', heartbeatsStopped, { ignore: /workerId$/ }],
  ['23_pause_unpause', pauseUnpause],
  ['35_release_slot_and_slotcost', releaseSlotAndCost],
  ['42_backoff_spread', backoffSpread],
];

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(async () => {
  report.print();
  await target.stop();
});

describe.concurrent('engine', () => {
  test.for(scenarios)('%s', { timeout: 150_000 }, async ([name, play, options]) => {
    const scenario = new Scenario(target.address);
    try {
      await play(scenario);
    } finally {
      await scenario.end();
    }
    judge(name, scenario.log.frames, options);
  });
});
