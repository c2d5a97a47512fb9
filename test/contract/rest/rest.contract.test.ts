import { afterAll, beforeAll, describe, test } from 'vitest';
import { waitFor } from '../../support/wait.ts';
import { Claims } from '../support/claims.ts';
import { Report } from '../support/report.ts';
import { differences } from './normalise.ts';
import { closePlayer, play, type Reply } from './player.ts';
import { type HttpStep, readScenario, type Step, scenarios } from './recording.ts';
import { playCall } from './sdk.ts';
import { startTarget, type Target } from './target.ts';

const claims = new Claims('rest');
const report = new Report('rest', claims);
let target: Target;

beforeAll(async () => {
  target = await startTarget();
});
afterAll(async () => {
  report.print();
  closePlayer();
  await target.stop();
});

const seed = async (): Promise<void> => {
  await target.database.query('SELECT private.seed()');
};

/** After a schema change the recording waited; here the first request is repeated until it answers as recorded. */
async function playWhenReloaded(step: HttpStep): Promise<Reply> {
  let reply = await play(step, target);
  if (step.req.method !== 'GET') return reply;
  await waitFor(
    async () => {
      if (reply.status === step.res.status && differences(step, reply).length === 0) return true;
      reply = await play(step, target);
      return false;
    },
    { timeoutMs: 3000, what: 'the schema cache to be reloaded' },
  ).catch(() => undefined);
  return reply;
}

async function playStep(scenario: string, step: Step, reloading: boolean): Promise<void> {
  switch (step.kind) {
    case 'sql':
      if (step.sql.startsWith('--')) await seed();
      else await target.database.query(step.sql);
      return;
    case 'note':
      return;
    case 'sdk':
      report.record(scenario, step.i, step.call, await playCall(step, target));
      return;
    case 'http': {
      const reply = await (reloading ? playWhenReloaded(step) : play(step, target));
      const label = `${step.conn} ${step.req.method} ${step.label ?? step.req.path}`;
      report.record(scenario, step.i, label, differences(step, reply));
    }
  }
}

describe('REST answers as PostgREST 14.17 was recorded', () => {
  for (const scenario of scenarios)
    test(scenario, async () => {
      await seed();
      let reloading = false;
      for (const step of readScenario(scenario)) {
        await playStep(scenario, step, reloading && step.kind === 'http');
        reloading = step.kind === 'note' || (step.kind !== 'http' && reloading);
      }
      report.assert(scenario);
    });
});
