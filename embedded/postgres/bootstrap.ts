import { readdir, readFile } from 'node:fs/promises';
import type { Client } from 'pg';
import { SfpError } from '../../contracts/error.ts';

/** One SQL file that makes a fresh cluster what the image is; runs once per cluster, as the superuser. */
export interface BootstrapStep {
  name: string;
  sql: string;
}

// In this order: the base, what `vault` and `net` add, and then the step that takes superuser from role postgres.
const sources = [
  { room: 'postgres', directory: new URL('./bootstrap/', import.meta.url) },
  { room: 'vault', directory: new URL('../vault/sql/', import.meta.url) },
  { room: 'net', directory: new URL('../net/sql/', import.meta.url) },
] as const;
const lastStep = 'postgres/99_demote_postgres.sql';

/** All steps in the order in which they run. */
export async function bootstrapSteps(): Promise<BootstrapStep[]> {
  const steps: BootstrapStep[] = [];
  for (const { room, directory } of sources) {
    const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
    for (const name of names) {
      steps.push({ name: `${room}/${name}`, sql: await readFile(new URL(name, directory), 'utf8') });
    }
  }
  return [...steps.filter((step) => step.name !== lastStep), ...steps.filter((step) => step.name === lastStep)];
}

/**
 * Runs the steps that this cluster does not have yet, each in its own transaction together with its record, so that a
 * crash at any moment leaves whole steps only. Connect as the superuser to database postgres.
 */
export async function runBootstrap(client: Client, steps: BootstrapStep[]): Promise<string[]> {
  await client.query('create schema if not exists _sfp');
  await client.query(
    'create table if not exists _sfp.bootstrap_steps (name text primary key, applied_at timestamptz not null default now())',
  );
  const { rows } = await client.query<{ name: string }>('select name from _sfp.bootstrap_steps');
  const applied = new Set(rows.map((row) => row.name));
  const pending = steps.filter((step) => !applied.has(step.name));
  for (const step of pending) await runStep(client, step);
  return pending.map((step) => step.name);
}

/** Runs `work` once per cluster; after a crash in the middle it runs again, so it has to be idempotent. */
export async function runOnce(client: Client, name: string, work: () => Promise<void>): Promise<void> {
  const { rowCount } = await client.query('select from _sfp.bootstrap_steps where name = $1', [name]);
  if (rowCount !== 0) return;
  await work();
  await client.query('insert into _sfp.bootstrap_steps (name) values ($1)', [name]);
}

async function runStep(client: Client, step: BootstrapStep): Promise<void> {
  try {
    await client.query('begin');
    await client.query(step.sql);
    await client.query('reset all');
    await client.query('insert into _sfp.bootstrap_steps (name) values ($1)', [step.name]);
    await client.query('commit');
  } catch (cause) {
    await client.query('rollback');
    throw new SfpError(
      {
        code: 'postgres_bootstrap_failed',
        message: `The database could not be prepared: ${step.name} failed.`,
        detail: cause instanceof Error ? cause.message : String(cause),
        suggestion: 'This is a defect of sfp. Start again with SFP_LOG_LEVEL=debug and report the output.',
      },
      { cause },
    );
  }
}
