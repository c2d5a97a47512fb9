import { waitFor } from '../../../support/wait.ts';
import type { Scenario } from '../support/scenario.ts';

/** stop() and SIGTERM with running tasks: short ones count, one that outlives 30 s without heartbeats is started elsewhere. */
export async function workerStopRunning(s: Scenario): Promise<void> {
  const a = await s.client('A');
  const w1 = await s.workerProcess('W1', { NAME: 's21-w1', WORKFLOWS: 's21-t,s21-long' });
  const short = a.task({ name: 's21-t', fn: (_input: { n: number; ms: number }) => ({}) });
  const long = a.task({ name: 's21-long', fn: (_input: { n: number; ms: number }) => ({}) });
  const first = await short.runNoWait({ n: 1, ms: 6_000 });
  const firstOutput = first.output;
  await w1.until(/^START/);
  await s.heartbeat('W1');
  w1.process.kill('SIGUSR1');
  await s.answered('W1', 'Dispatcher/Unsubscribe');
  const second = await short.runNoWait({ n: 2, ms: 100 });
  const secondOutput = second.output;
  await firstOutput;
  await w1.until(/^stop\(\) resolved/);
  await a.runs.get_status(await second.getWorkflowRunId());
  const w2 = await s.workerProcess('W2', { NAME: 's21-w2', WORKFLOWS: 's21-t,s21-long' });
  await secondOutput;
  await s.heartbeat('W2');
  w2.process.kill('SIGKILL');
  await w2.exited();
  const w3 = await s.workerProcess('W3', { NAME: 's21-w3', WORKFLOWS: 's21-long' });
  const third = await long.runNoWait({ n: 3, ms: 42_000 });
  const thirdOutput = third.output;
  await w3.until(/^START s21-long/);
  const w4 = await s.workerProcess('W4', { NAME: 's21-w4', WORKFLOWS: 's21-long', SPEED: '2.5' });
  w3.process.kill('SIGTERM');
  await w4.until(/^START s21-long/, 60_000);
  const id = await third.getWorkflowRunId();
  await a.runs.get_status(id);
  await w3.exited();
  await thirdOutput;
  await waitFor(() => w4.lines.some((line) => /^END s21-long/.test(line)), {
    timeoutMs: 30_000,
    what: 'the second attempt',
  });
}
