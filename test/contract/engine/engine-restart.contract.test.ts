import { afterAll, beforeAll, test } from 'vitest';
import { engineKilled } from './scenarios/37-engine-killed.ts';
import { Scenario } from './support/scenario.ts';
import { startTarget, type Target } from './support/target.ts';
import { judge, report } from './support/verdict.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(async () => {
  report.print();
  await target.stop();
});

test('37_engine_killed', { timeout: 120_000 }, async () => {
  const { engine } = target;
  // An engine that somebody else runs cannot be killed from here.
  if (engine === undefined) return;
  const scenario = new Scenario(target.address);
  try {
    await engineKilled(scenario, engine);
  } finally {
    await scenario.end();
  }
  judge('37_engine_killed', scenario.log.frames);
});
