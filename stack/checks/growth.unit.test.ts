import { expect, it } from 'vitest';
import { stackLayout } from '../layout.ts';
import type { SizeOfStack } from '../lifecycle/growth.ts';
import { fullSoon, growthCheck } from './growth.ts';

const layout = stackLayout('/base', 'acme');
const size = (change: Partial<SizeOfStack>): SizeOfStack => ({
  databaseBytes: 3_780_000_000,
  artifactBytes: 0,
  tables: [{ name: 'public.task_events', rows: 10_000_000, bytes: 3_650_000_000 }],
  bytesPerDay: 100_000_000,
  measuredDays: 30,
  freeBytes: 50_000_000_000,
  ...change,
});

it('tells size and growth, and is content while there is room for a month', async () => {
  expect(await growthCheck(layout, async () => size({ artifactBytes: 5_000_000 })).run()).toEqual({
    ok: true,
    evidence:
      'database 3.78 GB, grows by 100 MB a day (over 30 days); artifacts 5 MB; 50 GB free; biggest: public.task_events 3.65 GB in about 10,000,000 rows',
  });
  expect(await growthCheck(layout, async () => size({ bytesPerDay: null })).run()).toMatchObject({
    ok: true,
    evidence: expect.stringContaining('growth not known yet'),
  });
});

it('warns when the disk is full in less than a month, and says what to do', async () => {
  expect(fullSoon(layout, size({ freeBytes: 3_000_000_000 }))).toBeNull();
  const report = await growthCheck(layout, async () => size({ freeBytes: 2_900_000_000 })).run();
  expect(report).toMatchObject({
    ok: false,
    evidence: expect.stringMatching(/^The disk is full in about 29 days: 2\.9 GB are free/),
    remedy: expect.stringContaining('config set --tenant acme --base-dir /base retention.taskEventsDays=30'),
  });
});

it('has nothing to say of a stack that does not answer', async () => {
  expect(await growthCheck(layout, async () => null).run()).toMatchObject({ ok: true });
});
