import type { Client } from 'pg';

const eventsPerTask = 100;
const days = 89;
/** Tasks a statement: what is under way at an interrupt is over in seconds. */
const tasksPerStep = 20_000;

export interface Owner {
  accountId: string;
  projectId: string;
  environmentId: string;
}

/** Whether the log knows the task's time: the bench also runs on versions from before it was partitioned. */
async function isPartitioned(client: Client): Promise<boolean> {
  const { rows } = await client.query(
    `select 1 from pg_attribute where attrelid = 'public.task_events'::regclass and attname = 'task_created_at'`,
  );
  return rows.length > 0;
}

/**
 * Finished deployments with their tasks and 100 events each, over the last 89 days, until the log has so many events.
 * Written past every trigger and foreign key: what is measured is reading and appending beside them.
 */
export async function fillEvents(
  client: Client,
  { accountId, projectId, environmentId }: Owner,
  upTo: number,
  signal: AbortSignal,
): Promise<void> {
  const partitioned = await isPartitioned(client);
  if (partitioned) await makePartitions(client);
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from public.tasks where run_id = 'bench'`,
  );
  const wanted = Math.ceil(upTo / eventsPerTask);
  await client.query('set session_replication_role = replica; set synchronous_commit = off');
  for (let have = rows[0]?.count ?? 0; have < wanted; have += tasksPerStep) {
    signal.throwIfAborted();
    const count = Math.min(tasksPerStep, wanted - have);
    await client.query('begin');
    await client.query(
      `create temp table made on commit drop as
       select gen_random_uuid() as id, gen_random_uuid() as task_id, now() - random() * interval '${days} days' as at
       from generate_series(1, ${count})`,
    );
    await client.query(
      `insert into public.deployments (id, account_id, project_id, environment_id, task_id, ref, queue_status, checkout_status,
         build_status, validate_status, deploy_status, verify_status, created_at, started_at, finished_at)
       select id, $1, $2, $3, task_id, 'main', 'dispatched', 'succeeded', 'skipped', 'skipped', 'succeeded', 'skipped',
         at, at, at + interval '1 minute' from made`,
      [accountId, projectId, environmentId],
    );
    await client.query(
      `insert into public.tasks (id, account_id, project_id, environment_id, deployment_id, type, status, attempt, last_seq,
         run_id, created_at, started_at, finished_at)
       select task_id, $1, $2, $3, id, 'deployment', 'succeeded', 1, ${eventsPerTask}, 'bench', at, at,
         at + interval '1 minute' from made`,
      [accountId, projectId, environmentId],
    );
    await insertEvents(client, 'made', accountId, eventsPerTask, partitioned);
    await client.query('commit');
  }
  await client.query('set session_replication_role = origin; set synchronous_commit = on');
  await client.query('vacuum (analyze) public.task_events, public.tasks, public.deployments');
}

/** As they would be there if the stack had run for so long. */
const makePartitions = (client: Client): Promise<unknown> =>
  client.query(
    `select private.create_partition('task_events', month::date)
     from generate_series(date_trunc('month', now() - interval '${days} days'), now(), interval '1 month') month
     where to_regclass('partitions.task_events_' || to_char(month, 'YYYY_MM')) is null`,
  );

/** A task with a long log of its own, in the middle of the time. */
export async function makeLongTask(client: Client, { accountId, projectId, environmentId }: Owner, events: number) {
  const partitioned = await isPartitioned(client);
  await client.query('begin');
  await client.query('set local session_replication_role = replica');
  const { rows } = await client.query<{ id: string }>(
    `insert into public.tasks (account_id, project_id, environment_id, type, status, attempt, last_seq, created_at, finished_at)
     values ($1, $2, $3, 'noop', 'succeeded', 1, $4, now() - interval '45 days', now() - interval '44 days') returning id`,
    [accountId, projectId, environmentId, events],
  );
  const id = rows[0]?.id ?? '';
  await client.query(
    `create temp table long on commit drop as select id as task_id, created_at as at from public.tasks where id = '${id}'`,
  );
  await insertEvents(client, 'long', accountId, events, partitioned);
  await client.query('commit');
  return id;
}

const insertEvents = (client: Client, from: string, accountId: string, each: number, partitioned: boolean) =>
  client.query(
    `insert into public.task_events (task_id, ${partitioned ? 'task_created_at, ' : ''}account_id, seq, attempt, position, kind, at, data)
     select task_id, ${partitioned ? 'm.at, ' : ''}$1, n, 1, n, 'log', m.at + n * interval '500 milliseconds',
       jsonb_build_object('stage', 'deploy', 'step', 'copy', 'lines', jsonb_build_array(jsonb_build_object(
         'stream', 'stdout', 'text', format('file %s of 100: copied to the target, checksum %s', n, md5(n::text)))))
     from ${from} m, generate_series(1, ${each}) n`,
    [accountId],
  );
