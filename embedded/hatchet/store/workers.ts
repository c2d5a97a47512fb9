import type { Pool } from 'pg';
import { z } from 'zod';

const jsonText = <T extends z.ZodType>(schema: T) => z.string().transform((text) => schema.parse(JSON.parse(text)));

const runtimeInfoSchema = z.object({
  sdkVersion: z.string(),
  language: z.string(),
  languageVersion: z.string(),
  os: z.string(),
  runtimeExtra: z.string(),
});

const rowSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    actions: z.array(z.string()),
    slots: jsonText(z.record(z.string(), z.number())),
    labels: jsonText(z.record(z.string(), z.union([z.string(), z.number()]))),
    runtime: jsonText(runtimeInfoSchema).nullable(),
    active: z.boolean(),
    paused: z.boolean(),
    last_heartbeat_at: z.date(),
    created_at: z.date(),
    updated_at: z.date(),
  })
  .transform(({ last_heartbeat_at, created_at, updated_at, ...row }) => ({
    ...row,
    lastHeartbeatAt: last_heartbeat_at,
    createdAt: created_at,
    updatedAt: updated_at,
  }));
export type WorkerRow = z.infer<typeof rowSchema>;

export interface NewWorker {
  id: string;
  name: string;
  actions: string[];
  slots: Record<string, number>;
  labels: Record<string, string | number>;
  runtime: z.infer<typeof runtimeInfoSchema> | undefined;
}

export async function insertWorker(pool: Pool, worker: NewWorker): Promise<WorkerRow> {
  const { rows } = await pool.query(
    'insert into workers (id, name, actions, slots, labels, runtime) values ($1, $2, $3, $4, $5, $6) returning *',
    [
      worker.id,
      worker.name,
      worker.actions,
      JSON.stringify(worker.slots),
      JSON.stringify(worker.labels),
      worker.runtime === undefined ? null : JSON.stringify(worker.runtime),
    ],
  );
  return rowSchema.parse(rows[0]);
}

export async function readWorker(pool: Pool, id: string): Promise<WorkerRow | undefined> {
  const { rows } = await pool.query('select * from workers where id = $1', [id]);
  return rows[0] === undefined ? undefined : rowSchema.parse(rows[0]);
}

/** All workers, the newest first. */
export async function readWorkers(pool: Pool): Promise<WorkerRow[]> {
  const { rows } = await pool.query('select * from workers order by created_at desc');
  return rows.map((row) => rowSchema.parse(row));
}

/** Those that still have tasks: after a restart the engine must watch over them. */
export async function readBusyWorkers(pool: Pool): Promise<WorkerRow[]> {
  const { rows } = await pool.query(
    `select * from workers w where exists (select from tasks t where t.worker_id = w.id and t.status = 'RUNNING')`,
  );
  return rows.map((row) => rowSchema.parse(row));
}

export async function saveHeartbeat(pool: Pool, id: string): Promise<void> {
  await pool.query({
    name: 'heartbeat',
    text: 'update workers set last_heartbeat_at = clock_timestamp() where id = $1',
    values: [id],
  });
}

export async function saveActive(pool: Pool, id: string, active: boolean): Promise<void> {
  await pool.query('update workers set active = $2, updated_at = clock_timestamp() where id = $1', [id, active]);
}

export async function savePaused(pool: Pool, id: string, paused: boolean): Promise<WorkerRow | undefined> {
  const { rows } = await pool.query(
    'update workers set paused = $2, updated_at = clock_timestamp() where id = $1 returning *',
    [id, paused],
  );
  return rows[0] === undefined ? undefined : rowSchema.parse(rows[0]);
}

export async function saveLabels(pool: Pool, id: string, labels: Record<string, string | number>): Promise<void> {
  await pool.query('update workers set labels = labels || $2::jsonb, updated_at = clock_timestamp() where id = $1', [
    id,
    JSON.stringify(labels),
  ]);
}
