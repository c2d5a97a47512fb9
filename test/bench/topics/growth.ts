import { createClient } from '@supabase/supabase-js';
import { Client } from 'pg';
import { rolePassword } from '../../../stack/role-password.ts';
import type { BenchStack } from '../support/bench-stack.ts';
import { interrupted } from '../support/clean-up.ts';
import { fillEvents, makeLongTask } from '../support/event-volume.ts';
import { startGatedTask } from '../support/gated-task.ts';
import { figure, percentile } from '../support/samples.ts';
import { printNote, printTable } from '../support/table.ts';
import { appender, watched } from './live-feed.ts';

const volumes = [100_000, Number(process.env.SFP_BENCH_EVENTS ?? 10_000_000)] as const;
const longLog = 10_000;
const repeats = 200;
/** Behind everything that the worker of the task writes. */
const firstPosition = 2_000_000;

type Measured = Map<string, number[]>;

/** The same questions to a small log and to one of ten million events, in the same stack. */
export async function growth(stack: BenchStack): Promise<void> {
  const client = await connect(stack);
  try {
    const { id: environmentId, projectId } = await stack.api.environments.create('app', { slug: 'filled' });
    const owner = { accountId: stack.project.accountId, projectId, environmentId };
    const results: Measured[] = [];
    const notes: string[] = [];
    for (const volume of volumes) {
      const begun = performance.now();
      await fillEvents(client, owner, volume, interrupted.signal);
      const long = await makeLongTask(client, owner, longLog);
      await client.query('analyze public.task_events');
      const seconds = figure((performance.now() - begun) / 1_000);
      notes.push(`${volume.toLocaleString('en')} events: made in ${seconds} s; ${await sizeOf(client)}`);
      // Begun only now: a step does not wait at its gate for as long as ten million events take.
      const gated = await startGatedTask(stack, `growth-${volume}`);
      results.push(await measure(stack, client, gated.id, long));
      await gated.finish();
    }
    const [small, large] = results;
    const rows = [...(small?.entries() ?? [])].map(([name, before]) => {
      const after = large?.get(name) ?? [];
      return [name, ...[before, after].flatMap((all) => [50, 95].map((percent) => figure(percentile(all, percent))))];
    });
    const columns = volumes.flatMap((volume) => {
      const name = volume.toLocaleString('en');
      return [`${name} p50`, `${name} p95`];
    });
    printTable('Growth: ms beside so many task events', ['what', ...columns], rows);
    for (const note of notes) printNote(note);
  } finally {
    await client.end();
  }
}

async function connect({ settings, secrets }: BenchStack): Promise<Client> {
  const client = new Client({
    host: '127.0.0.1',
    port: settings.ports.postgres,
    user: 'supabase_admin',
    database: 'postgres',
    password: rolePassword(secrets.databasePassword, 'supabase_admin'),
  });
  await client.connect();
  return client;
}

async function sizeOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ size: string; events: string }>(
    `select pg_size_pretty(pg_database_size(current_database())) as size,
       pg_size_pretty(coalesce((select sum(pg_total_relation_size(relid)) from pg_partition_tree('public.task_events')),
         pg_total_relation_size('public.task_events'))) as events`,
  );
  return `the database takes ${rows[0]?.size}, the log ${rows[0]?.events}.`;
}

async function measure(stack: BenchStack, client: Client, running: string, long: string): Promise<Measured> {
  const { api } = stack;
  const others = await client.query<{ id: string }>(
    `select id from public.tasks tablesample system (5) where run_id = 'bench' limit ${repeats}`,
  );
  const ids = others.rows.map(({ id }) => id);
  const any = (index: number): string => ids[index % ids.length] ?? long;
  const measured: Measured = new Map();
  const take = async (name: string, ask: (index: number) => Promise<unknown>): Promise<void> => {
    const latencies: number[] = [];
    for (let index = 0; index < repeats; index += 1) {
      const asked = performance.now();
      await ask(index);
      latencies.push(performance.now() - asked);
    }
    // The first ones warm the caches of every connection.
    measured.set(name, latencies.slice(repeats / 10));
  };
  await take('list 20 tasks', () => api.tasks.list({ limit: 20 }));
  await take('list 20 deployments', () => api.deployments.list({ limit: 20 }));
  await take('a log of 100 events, any task', (index) => api.tasks.events(any(index), { limit: 500 }));
  await take('500 events from the middle of 10,000', () => api.tasks.events(long, { afterSeq: 5_000, limit: 500 }));
  await take('the last 50 of 10,000', () => api.tasks.events(long, { afterSeq: longLog - 50, limit: 500 }));
  const service = createClient(stack.url, stack.secretKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const begin = firstPosition + (await api.tasks.get(running)).lastSeq;
  await take('append a batch of 50 events', async (index) => {
    const events = Array.from({ length: 50 }, (_, n) => ({
      position: begin + index * 50 + n,
      kind: 'log',
      at: new Date().toISOString(),
      data: {
        stage: 'deploy',
        step: 'copy',
        lines: [{ stream: 'stdout', text: `line ${n} of a batch that is appended` }],
      },
    }));
    const { error } = await service.rpc('append_task_events', {
      p_task_id: running,
      p_attempt: 1,
      p_events: events,
      p_patch: {},
      p_lease_seconds: 30,
    });
    if (error !== null) throw new Error(`append_task_events: ${error.message}`);
  });
  const arrivals = await watched(stack, running, appender(stack, running, begin + repeats * 50), 1, 100);
  measured.set(
    'live feed: sent to event at a client',
    arrivals.flatMap(({ sent, arrived }) => arrived.map((at) => at - sent)),
  );
  return measured;
}
