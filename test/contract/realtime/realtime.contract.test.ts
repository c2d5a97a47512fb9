import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { Claims } from '../support/claims.ts';
import { Report } from '../support/report.ts';
import { Player } from './player.ts';
import { resetTables, startTarget, type Target } from './target.ts';

const claims = new Claims('realtime');
const report = new Report('realtime', claims);
let target: Target;

/** supabase-js plays its own part in 80 and 81: see supabase-js.contract.test.ts. */
const scenarios = readdirSync(new URL('../recordings/realtime/', import.meta.url))
  .filter((name) => name.endsWith('.jsonl') && !/^8\d/.test(name))
  .map((name) => name.replace('.jsonl', ''))
  .sort();

beforeAll(async () => {
  target = await startTarget();
});

afterAll(async () => {
  report.print();
  await target?.stop();
});

describe('recorded frames of supabase/realtime', () => {
  test.each(scenarios)('%s', { timeout: 120_000 }, async (scenario) => {
    await resetTables(target.db);
    await new Player(target, claims, report, scenario).play();
    report.assert(scenario);
  });
});
