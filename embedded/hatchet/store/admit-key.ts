import type { Pool } from 'pg';
import { z } from 'zod';
import { transaction } from '../database/pool.ts';
import { type Place, planAdmission } from '../domain/admission.ts';
import { concurrencyStrategies } from '../domain/workflow.ts';

const placeSchema = z
  .object({
    holder: z.string(),
    run_id: z.string(),
    held: z.boolean(),
    strategy: z.enum(concurrencyStrategies),
    max_runs: z.number(),
  })
  .transform(({ run_id, max_runs, ...row }): Place => ({ ...row, runId: run_id, maxRuns: max_runs }));

export interface Admitted {
  lanes: string[];
  /** Runs or tasks that lose the key and are to be cancelled. */
  cancel: string[];
}

/** How many waiting places are looked at a time: a queue of thousands behind one key stays cheap. */
const horizon = 200;

/** Gives a concurrency key to whom the plan says; tasks that now hold all their keys become claimable. */
export async function admitKey(pool: Pool, key: string): Promise<Admitted> {
  return transaction(pool, async (client) => {
    // Other engines on this database take turns at a key.
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [key]);
    const { rows } = await client.query(
      `select s.holder, s.run_id, s.held, s.strategy, s.max_runs from (
         (select * from slots where key = $1 and held)
         union all
         (select w.* from slots w where w.key = $1 and not w.held
             and not exists (select from tasks t where t.id = w.holder and t.status = 'BACKOFF')
           order by w.seq limit ${horizon})
       ) s order by s.seq`,
      [key],
    );
    const plan = planAdmission(rows.map((row) => placeSchema.parse(row)));
    const holders = plan.admit.map((place) => place.holder);
    await client.query('update slots set held = true where key = $1 and holder = any($2)', [key, holders]);
    const queued = await client.query(
      `update tasks t set status = 'QUEUED' where t.status = 'WAITING' and (t.id = any($1) or t.run_id = any($1))
          and not exists (select from slots s where s.holder in (t.id, t.run_id) and not s.held) returning lane`,
      [holders],
    );
    return {
      lanes: queued.rows.map((row) => z.object({ lane: z.string() }).parse(row).lane),
      cancel: plan.cancel.map((place) => place.holder),
    };
  });
}

/** Keys for which somebody waits, e.g. after a restart. */
export async function readWantedKeys(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query('select distinct key from slots where not held');
  return rows.map((row) => z.object({ key: z.string() }).parse(row).key);
}
