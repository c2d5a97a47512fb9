import { setTimeout as delay } from 'node:timers/promises';
import type { SupabaseClient } from '@supabase/supabase-js';
import { z } from 'zod';
import { SfpError } from '../../../contracts/error.ts';
import { type Pool, pools, type TaskStatus, taskStatusSchema } from '../../../contracts/task.ts';
import { gatewayClient, type Verification, type VerifyContext } from './verification.ts';

/** Clients wait so long at most; the engine may take longer, and the API answers without it. */
const patienceMs = 15_000;
/** An engine of its own schedules nothing for up to 70 s after a restart that left leases behind (measured). */
const limitMs = 120_000;
const everyMs = 200;

const idRows = z.array(z.object({ id: z.uuid() })).length(1);
const statusRows = z.array(
  z.object({ id: z.uuid(), status: taskStatusSchema, failure: z.object({ message: z.string() }).nullable() }),
);

/** In every pool a task that does nothing goes its whole way: database, outbox, engine, worker, and back. */
export const taskVerification: Verification = {
  name: 'task',
  title: 'A task in every pool',
  async run(context) {
    const client = gatewayClient(context.url, context.stack.secrets.secretKey);
    const began = performance.now();
    const tasks = await insertTasks(client);
    await ended(client, tasks, context, began);
    // They were nobody's: a list of tasks shows what people asked for.
    const { error } = await client
      .from('tasks')
      .delete()
      .in('id', [...tasks.keys()]);
    if (error !== null) throw new Error(`the tasks cannot be removed: ${error.message}`);
    return `${pools.join(' and ')} after ${Math.round(performance.now() - began)} ms`;
  },
};

async function insertTasks(client: SupabaseClient): Promise<Map<string, Pool>> {
  const account = await client.from('accounts').select('id').order('created_at').limit(1);
  if (account.error !== null) throw new Error(`REST does not list accounts: ${account.error.message}`);
  const [first] = idRows.parse(account.data);
  const tasks = new Map<string, Pool>();
  for (const pool of pools) {
    const { data, error } = await client
      .from('tasks')
      .insert({ account_id: first?.id, type: 'noop', pool })
      .select('id');
    if (error !== null) throw new Error(`a task cannot be inserted: ${error.message}`);
    for (const { id } of idRows.parse(data)) tasks.set(id, pool);
  }
  return tasks;
}

async function ended(
  client: SupabaseClient,
  tasks: ReadonlyMap<string, Pool>,
  { signal, slow, report }: VerifyContext,
  began: number,
): Promise<void> {
  let patient = true;
  for (;;) {
    const open = await waiting(client, tasks);
    if (open.length === 0) return;
    const passed = performance.now() - began;
    if (passed > limitMs) throw new Error(`after ${limitMs / 1000} s: ${open.join(', ')}`);
    if (patient && passed > patienceMs) {
      patient = false;
      report(`still waiting: ${open.join(', ')}`);
      await slow();
    }
    // An abort ends the wait; the next line looks at the signal.
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw new SfpError({ code: 'cancelled', message: 'Cancelled.' });
  }
}

/** Which tasks have not ended yet, as people read it. */
async function waiting(client: SupabaseClient, tasks: ReadonlyMap<string, Pool>): Promise<string[]> {
  const { data, error } = await client
    .from('tasks')
    .select('id, status, failure')
    .in('id', [...tasks.keys()]);
  if (error !== null) throw new Error(`the tasks cannot be read: ${error.message}`);
  const rows = statusRows.parse(data);
  const bad = rows.find(({ status }) => status === 'failed' || status === 'cancelled');
  if (bad !== undefined)
    throw new Error(`the task of pool ${tasks.get(bad.id)} ${bad.status}: ${bad.failure?.message ?? ''}`);
  const statusOf = new Map<string, TaskStatus>(rows.map(({ id, status }) => [id, status]));
  return [...tasks].flatMap(([id, pool]) => {
    const status = statusOf.get(id) ?? 'gone';
    return status === 'succeeded' ? [] : [`the task of pool ${pool} is ${status}`];
  });
}
