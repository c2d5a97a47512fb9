import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { Claims } from '../support/claims.ts';
import { Report } from '../support/report.ts';
import { Player } from './player.ts';
import { readRecording } from './recording.ts';
import { runSql } from './sql.ts';
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
    if (scenario === '42_replay') await storeMessagesToReplay();
    await new Player(target, claims, report, scenario).play();
    report.assert(scenario);
  });
});

/** 42 replays what 41 has stored. When it runs alone, the rows are made here. */
async function storeMessagesToReplay(): Promise<void> {
  const stored = await target.db.query("select 1 from realtime.messages where topic = 'room:rw' limit 1");
  if (stored.rows.length > 0) return;
  for (const line of readRecording('41_db_broadcast')) {
    if (line.dir === 'sql') await runSql(target.db, String(line.frame));
  }
}
