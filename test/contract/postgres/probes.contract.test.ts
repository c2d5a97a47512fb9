import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Claims } from '../support/claims.ts';
import { compare } from '../support/compare.ts';
import { Report } from '../support/report.ts';
import { application, applicationGroups, openTarget, passwordless, serviceObjects, type Target } from './fixture.ts';
import { runProbe } from './probe-run.ts';
import { type Probe, readProbes } from './probes.ts';

const scenario = 'postgres_can';
const claims = new Claims('postgres');
const report = new Report('postgres', claims);
let target: Target;

beforeAll(async () => {
  target = await openTarget();
  for (const role of passwordless) await target.admin.query(`alter role ${role} password '${password()}'`);
  await target.admin.query(serviceObjects.create);
});

afterAll(async () => {
  report.print();
  await target.admin.query(serviceObjects.drop);
  for (const role of passwordless) await target.admin.query(`alter role ${role} password null`);
  await target.stop();
});

test('a client sees what the image shows', { timeout: 240_000 }, async () => {
  let withApplication = false;
  for (const probe of readProbes()) {
    if (applicationGroups.has(probe.group) !== withApplication) {
      withApplication = !withApplication;
      await asPostgres(withApplication ? application.create : application.drop);
    }
    const actual = await runProbe(probe, target.url);
    await cleanUp();
    report.record(
      scenario,
      probe.step,
      `${probe.role}: ${probe.statement}`,
      compare(expectation(probe), view(probe, actual)),
    );
  }
  if (withApplication) await asPostgres(application.drop);
  report.assert(scenario);
});

/** The statement's outcome, code and text; its rows unless they depend on the machine or the moment. */
const expectation = (probe: Probe) => ({
  outcome: probe.outcome,
  sqlstate: probe.sqlstate,
  message: withoutPid(probe.message),
  result: isVolatile(probe) ? '' : (probe.result ?? '').trim(),
});
const view = (probe: Probe, answer: Awaited<ReturnType<typeof runProbe>>) => ({
  ...answer,
  message: withoutPid(answer.message),
  // The recording has no code for a refused login: there it came from libpq, which reports none.
  sqlstate: probe.sqlstate === undefined ? undefined : answer.sqlstate,
  result: isVolatile(probe) || probe.result === undefined ? '' : answer.result,
});

const withoutPid = (message: string): string => message.replace(/PID \d+/, 'PID');

const volatile = [
  /replication_slot\(|export_snapshot|logical_emit_message|pg_ls_waldir/,
  /^show (data_directory|hba_file)/,
  /count\(\*\) from (pg_authid|pg_roles|pg_proc|pg_stat_activity|extensions\.pg_stat_statements)$/,
  /^copy /,
  /select net\.http_get/,
];
const isVolatile = (probe: Probe): boolean => volatile.some((pattern) => pattern.test(probe.statement));

/** What a rollback does not take back. */
async function cleanUp(): Promise<void> {
  await target.admin.query(
    `select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name ~ '^r?s[0-9]$' and not active`,
  );
  await target.admin.query('drop database if exists d2');
}

async function asPostgres(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: target.url('postgres') });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

const password = (): string => {
  const { password: found } = new URL(target.url('supabase_admin'));
  expect(found).toMatch(/^[\w-]+$/);
  return found;
};
