// A worker in a process of its own, so that a scenario can stop or kill it. Environment: NAME, WORKFLOWS (name:retries, comma separated),
// SLOTS, SPEED (how much faster than their input says tasks work). Lines on stdout say what happens.
import { HatchetClient } from '@hatchet-dev/typescript-sdk/v1/index.js';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const speed = Number(process.env.SPEED ?? 1);
const name = process.env.NAME ?? 'worker';
const silent = { debug() {}, info() {}, warn() {}, green() {}, error() {}, util() {} };

const hatchet = HatchetClient.init({ logger: () => silent });
const workflows = (process.env.WORKFLOWS ?? '').split(',').map((entry) => {
  const [task = '', retries = '0'] = entry.split(':');
  return hatchet.task({
    name: task,
    executionTimeout: '10m',
    scheduleTimeout: '10m',
    retries: Number(retries),
    fn: async (input: { n?: number | string; ms?: number }, context) => {
      const attempt = JSON.stringify({ n: input.n, retry: context.retryCount() });
      say(`START ${task} ${attempt}`);
      const until = Date.now() + (input.ms ?? 0) / speed;
      while (Date.now() < until && !context.cancelled) await pause(20);
      say(`${context.cancelled ? 'CANCELLED' : 'END'} ${task} ${attempt}`);
      return { n: input.n ?? null, by: name, retry: context.retryCount() };
    },
  });
});
const worker = await hatchet.worker(name, { workflows, slots: Number(process.env.SLOTS ?? 100) });
worker.start().catch((error: unknown) => say(`start() rejected ${String(error)}`));
await worker.waitUntilReady();
say('READY');
process.on('SIGUSR1', () => {
  say('stop() called');
  worker.stop().then(
    () => say('stop() resolved'),
    (error: unknown) => say(`stop() rejected ${String(error)}`),
  );
});
