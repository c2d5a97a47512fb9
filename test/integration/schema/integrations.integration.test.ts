import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asService, asUser, type CoreDatabase, startCoreDatabase } from './core-database.ts';
import { makeWorld, type World } from './world.ts';

let database: CoreDatabase;
let world: World;
/** Of a deployment of the member's, running in attempt 1. */
let task: string;
beforeAll(async () => {
  database = await startCoreDatabase();
  world = await makeWorld(database);
  await database.as(asService, (client) => client.query('select public.ensure_credentials_key()'));
  task = await runningTask();
});
afterAll(() => database.stop());

const service = async (sql: string, values: unknown[] = []): Promise<Record<string, unknown>> =>
  (await database.as(asService, (client) => client.query(sql, values))).rows[0];
const as = (user: string, sql: string, values: unknown[] = []) =>
  database.as(asUser(user, { email: 'who@example.test' }), (client) => client.query(sql, values));
const owned = async (sql: string, values: unknown[] = []) => (await database.owner.query(sql, values)).rows;

async function runningTask(): Promise<string> {
  const made = await world.deploy();
  await service(`select public.start_task($1, 'run', 'worker-1', 60)`, [made.task]);
  return made.task;
}
async function integration(name: string, project: string | null = null, account = world.account): Promise<string> {
  const sql = 'insert into public.integrations (account_id, project_id, name) values ($1, $2, $3) returning id';
  return String((await owned(sql, [account, project, name]))[0]?.id);
}
const setSecret = (id: string, value: string, version: number | null = null) =>
  as(world.admin, 'select * from public.set_integration_secret($1, $2, $3)', [id, value, version]);
async function withSecret(value: string, name = `i-${randomBytes(6).toString('hex')}`, project: string | null = null) {
  const id = await integration(name, project);
  await setSecret(id, value);
  return { id, name };
}
const read = async (names: string[], of = task, attempt = 1) =>
  (await service('select public.read_task_credentials($1, $2, $3) as answer', [of, attempt, names])).answer;
const ciphertext = async (id: string): Promise<Buffer> =>
  (await owned('select ciphertext from private.integration_credentials where integration_id = $1', [id]))[0]
    ?.ciphertext;
const store = (id: string, bytes: Buffer) =>
  owned('update private.integration_credentials set ciphertext = $2 where integration_id = $1', [id, bytes]);
const unreadable = { code: 'PT409', message: 'credential_unreadable' };

describe('a secret', () => {
  it('is set by admins, counted, and told to nobody', async () => {
    const id = await integration('told-to-nobody');
    expect((await owned('select status, scope from public.integrations where id = $1', [id]))[0]).toEqual({
      status: 'empty',
      scope: 'account',
    });
    const set = (await setSecret(id, 'a first secret')).rows[0];
    expect(set).toMatchObject({ status: 'active', secret_version: 1, version: 2 });
    expect(JSON.stringify(set)).not.toContain('a first secret');
    for (const user of [world.viewer, world.member]) {
      const refused = as(user, 'select public.set_integration_secret($1, $2)', [id, 'another secret']);
      await expect(refused).rejects.toMatchObject({ code: 'PT403' });
    }
    const outside = as(world.outsider, 'select public.set_integration_secret($1, $2)', [id, 'another secret']);
    await expect(outside).rejects.toMatchObject({ code: 'PT404' });
    for (const user of [world.owner, world.viewer]) {
      for (const sql of [
        'select * from private.integration_credentials',
        `select public.read_task_credentials('${task}', 1, '{told-to-nobody}')`,
        'select public.rotate_credentials_key()',
        'select * from vault.decrypted_secrets',
        `select private.open_credential('${id}', 1, '', '')`,
      ]) {
        await expect(as(user, sql)).rejects.toMatchObject({ code: '42501' });
      }
    }
    // What admins may write of the row does not reach the count of its secrets.
    const forged = as(world.owner, 'update public.integrations set secret_version = 9 where id = $1', [id]);
    await expect(forged).rejects.toMatchObject({ code: '42501' });
  });

  it('changes under the version that was read, and has a length that can be masked', async () => {
    const { id } = await withSecret('a first secret');
    await expect(setSecret(id, 'a second secret', 1)).rejects.toMatchObject({
      code: 'PT409',
      message: 'version_conflict',
      detail: expect.stringMatching(/version 1.*version 2/),
    });
    expect((await setSecret(id, 'a second secret', 2)).rows[0]).toMatchObject({ secret_version: 2, version: 3 });
    for (const value of ['short', `  \n${' '.repeat(10)}`, 'x'.repeat(65_537)]) {
      await expect(setSecret(id, value)).rejects.toMatchObject({ code: 'PT422', message: 'secret_length' });
    }
  });

  it('is stored as nothing that holds it, another time as something else', async () => {
    const value = `clear-${randomBytes(12).toString('hex')}`;
    const { id } = await withSecret(value);
    const first = await ciphertext(id);
    expect(first.includes(value)).toBe(false);
    await setSecret(id, value);
    expect((await ciphertext(id)).equals(first)).toBe(false);
    const rows = await owned(`select to_jsonb(a)::text as row from public.audit_log a where subject_id = $1`, [id]);
    expect(rows.length).toBeGreaterThan(2);
    expect(JSON.stringify(rows)).not.toContain(value);
  });
});

describe('a running task', () => {
  it('gets the secrets it asks for: the environment’s, else the project’s, else the account’s', async () => {
    const { name, id: ofAccount } = await withSecret('the secret of the account');
    expect(await read([name])).toEqual({ [name]: 'the secret of the account' });
    const { id } = await withSecret('the secret of the project', name, world.project);
    const other = await withSecret('line one\nline "two" é');
    expect(await read([name, other.name])).toEqual({
      [name]: 'the secret of the project',
      [other.name]: 'line one\nline "two" é',
    });
    const [environment] = await owned(
      'insert into public.integrations (project_id, environment_id, name) values ($1, $2, $3) returning id, account_id, scope',
      [world.project, world.environment, name],
    );
    expect(environment).toMatchObject({ account_id: world.account, scope: 'environment' });
    await setSecret(String(environment?.id), 'the secret of the environment');
    expect(await read([name])).toEqual({ [name]: 'the secret of the environment' });
    await owned('delete from public.integrations where id = $1', [environment?.id]);
    expect(await read([name])).toMatchObject({ [name]: 'the secret of the project' });
    // A disabled one of the project hides the account's: it was switched off, not taken away.
    await owned('update public.integrations set enabled = false where id = $1', [id]);
    await expect(read([name])).rejects.toMatchObject({ code: 'PT409', message: 'credential_disabled' });
    await owned('delete from public.integrations where id = $1', [id]);
    expect(await read([name])).toEqual({ [name]: 'the secret of the account' });
    await owned('delete from public.integrations where id = $1', [ofAccount]);
    expect(await ciphertext(ofAccount)).toBeUndefined();
    await expect(read([name])).rejects.toMatchObject({ code: 'PT409', message: 'credential_missing' });
  });

  it('gets none of another account, project or environment, and no empty one', async () => {
    const [staging] = await owned(
      `insert into public.environments (project_id, slug, name) values ($1, 'staging', 'Staging') returning id`,
      [world.project],
    );
    await owned(`insert into public.integrations (project_id, environment_id, name) values ($1, $2, 'of-staging')`, [
      world.project,
      staging?.id,
    ]);
    await expect(read(['of-staging'])).rejects.toMatchObject({ message: 'credential_missing' });
    await integration('elsewhere', null, world.otherAccount);
    await expect(read(['elsewhere'])).rejects.toMatchObject({ message: 'credential_missing' });
    const project = await owned(
      `insert into public.projects (account_id, slug, name, repository_url) values ($1, 'two', 'Two', '/two') returning id`,
      [world.account],
    );
    await withSecret('of the other project', 'of-another-project', String(project[0]?.id));
    await expect(read(['of-another-project'])).rejects.toMatchObject({ message: 'credential_missing' });
    await integration('still-empty');
    await expect(read(['still-empty'])).rejects.toMatchObject({ message: 'credential_empty' });
  });

  it('gets them in its running attempt only', async () => {
    const { name } = await withSecret('only while it runs');
    const { task: waiting } = await world.deploy();
    await expect(read([name], waiting, 0)).rejects.toMatchObject({ code: 'PT409', message: 'stale_attempt' });
    const ended = await runningTask();
    expect(await read([name], ended)).toEqual({ [name]: 'only while it runs' });
    await expect(read([name], ended, 2)).rejects.toMatchObject({ code: 'PT409', message: 'stale_attempt' });
    await service(`select public.finish_task($1, 1, 'succeeded', null, '[]', '{}')`, [ended]);
    await expect(read([name], ended)).rejects.toMatchObject({ code: 'PT409', message: 'stale_attempt' });
    await expect(read([name], randomUUID())).rejects.toMatchObject({ code: 'PT404' });
  });

  it('leaves a line in the audit log for each: on whose behalf, which task, which integration', async () => {
    const { id, name } = await withSecret('written down');
    await read([name]);
    const lines = await owned(`select * from public.audit_log where subject_id = $1 and action = 'read'`, [id]);
    expect(lines).toMatchObject([
      {
        account_id: world.account,
        actor_user_id: world.member,
        actor_role: 'service_role',
        subject_type: 'integration',
        detail: { name, task_id: task, attempt: 1, worker: 'worker-1', secret_version: 1, scope: 'account' },
      },
    ]);
  });
});

describe('a ciphertext that was changed', () => {
  it('opens at no flipped bit, at no cut: by its integrity code', async () => {
    const { id, name } = await withSecret('a secret whose bytes are changed one after the other');
    const sealed = await ciphertext(id);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      await store(id, changed);
      await expect(read([name]), `byte ${at}`).rejects.toMatchObject(unreadable);
    }
    for (const length of [0, 1, 3, 20, sealed.length - 1]) {
      await store(id, sealed.subarray(0, length));
      await expect(read([name]), `${length} bytes`).rejects.toMatchObject(unreadable);
    }
    await store(id, sealed);
    expect(Object.keys(Object(await read([name])))).toEqual([name]);
    // pgcrypto itself refuses a flipped bit of the text, which only the integrity code can tell.
    const changed = Buffer.from(sealed);
    changed[sealed.length - 40] = (changed[sealed.length - 40] ?? 0) ^ 1;
    const key = `(select decrypted_secret from vault.decrypted_secrets where name = 'sfp_credentials_key')`;
    await expect(owned(`select extensions.pgp_sym_decrypt($1, ${key})`, [changed])).rejects.toMatchObject({
      code: '39000',
    });
  });

  it('opens not without its integrity code, although pgcrypto would', async () => {
    const { id, name } = await withSecret('without a code');
    const key = `(select decrypted_secret from vault.decrypted_secrets where name = 'sfp_credentials_key')`;
    const [row] = await owned(
      `select extensions.pgp_sym_encrypt(jsonb_build_object('integration', $1::text, 'version', 1, 'value', 'forged')::text, ${key}, 'disable-mdc=1') as bytes`,
      [id],
    );
    const [opened] = await owned(`select extensions.pgp_sym_decrypt($1, ${key}) as text`, [row?.bytes]);
    expect(opened?.text).toContain('forged');
    await store(id, row?.bytes);
    await expect(read([name])).rejects.toMatchObject(unreadable);
    await owned('delete from public.integrations where id = $1', [id]);
  });

  it('opens not in the place of another one, nor an older one in the place of the newest', async () => {
    const one = await withSecret('the first of two');
    const two = await withSecret('the second of two');
    const [ofOne, ofTwo] = [await ciphertext(one.id), await ciphertext(two.id)];
    await store(one.id, ofTwo);
    await expect(read([one.name])).rejects.toMatchObject(unreadable);
    await store(one.id, ofOne);
    await setSecret(one.id, 'the first, anew');
    const newest = await ciphertext(one.id);
    await store(one.id, ofOne);
    await expect(read([one.name])).rejects.toMatchObject(unreadable);
    await store(one.id, newest);
    expect(await read([one.name, two.name])).toEqual({
      [one.name]: 'the first, anew',
      [two.name]: 'the second of two',
    });
  });
});

describe('the key', () => {
  const keyOf = async (): Promise<string> =>
    String(
      (await owned(`select decrypted_secret as key from vault.decrypted_secrets where name = 'sfp_credentials_key'`))[0]
        ?.key,
    );
  const setKey = (key: string) =>
    owned(`select vault.update_secret(id, $1) from vault.secrets where name = 'sfp_credentials_key'`, [key]);

  it('opens everything, and nothing opens without it or with another one', async () => {
    const { id, name } = await withSecret('under lock and key');
    const key = await keyOf();
    await setKey(randomBytes(32).toString('hex'));
    await expect(read([name])).rejects.toMatchObject(unreadable);
    await owned(`delete from vault.secrets where name = 'sfp_credentials_key'`);
    const missing = { code: 'PT409', message: 'credentials_key_missing' };
    await expect(read([name])).rejects.toMatchObject(missing);
    await expect(setSecret(id, 'another secret')).rejects.toMatchObject(missing);
    await expect(service('select public.rotate_credentials_key()')).rejects.toMatchObject(missing);
    // It is not made anew while secrets lie under the lost one.
    await expect(service('select public.ensure_credentials_key()')).rejects.toMatchObject(missing);
    await owned(`select vault.create_secret($1, 'sfp_credentials_key')`, [key]);
    expect(await read([name])).toEqual({ [name]: 'under lock and key' });
  });

  it('is taken for a new one while tasks read and people write, and every secret opens at every moment', async () => {
    const made = await Promise.all(Array.from({ length: 40 }, (_, n) => withSecret(`secret number ${n} of many`)));
    const names = made.map(({ name }) => name);
    const readers = await Promise.all([runningTask(), runningTask()]);
    const before = await keyOf();
    let rotating = true;
    let reads = 0;
    let writes = 0;
    const readAll = async (of: string): Promise<void> => {
      while (rotating) {
        const values = Object(await read(names, of));
        expect(names.every((name) => String(values[name]).startsWith('secret number '))).toBe(true);
        reads += 1;
      }
    };
    const write = async (): Promise<void> => {
      for (; rotating; writes += 1) await setSecret(made[writes % 40]?.id ?? '', `secret number ${writes} anew`);
    };
    const busy = Promise.all([...readers.map(readAll), write()]);
    const counts: unknown[] = [];
    try {
      for (let round = 0; round < 10; round += 1) {
        counts.push((await service('select public.rotate_credentials_key() as count')).count);
      }
    } finally {
      rotating = false;
      await busy;
    }
    const [total] = await owned('select count(*)::int as n from private.integration_credentials');
    expect(counts).toEqual(Array.from({ length: 10 }, () => total?.n));
    expect(reads).toBeGreaterThan(0);
    expect(writes).toBeGreaterThan(0);
    expect(await keyOf()).not.toBe(before);
    await read(names);
    // The old key opens nothing any more.
    await setKey(before);
    await expect(read(names)).rejects.toMatchObject(unreadable);
  });

  it('stays when one secret does not open: nothing is re-encrypted', async () => {
    await owned('delete from public.integrations');
    const good = await withSecret('still good');
    const bad = await withSecret('soon bad');
    const [key, sealed] = [await keyOf(), await ciphertext(good.id)];
    await store(bad.id, sealed);
    await expect(service('select public.rotate_credentials_key()')).rejects.toMatchObject(unreadable);
    expect([await keyOf(), (await ciphertext(good.id)).equals(sealed)]).toEqual([key, true]);
    expect(await read([good.name])).toEqual({ [good.name]: 'still good' });
  });
});

it('an environment’s secret variables are variables and names of integrations, nothing else', async () => {
  const set = (credentials: unknown) =>
    as(world.admin, 'update public.environments set credentials = $2 where id = $1', [
      world.environment,
      JSON.stringify(credentials),
    ]);
  await set({ DB_PASSWORD: 'database', _x1: 'a1' });
  for (const wrong of [
    [],
    'x',
    { A: 1 },
    { A: null },
    { A: { B: 'c' } },
    { A: 'Not A Name' },
    { 'A-B': 'name' },
    { SFP_TASK_ID: 'name' },
  ]) {
    await expect(set(wrong), JSON.stringify(wrong)).rejects.toMatchObject({ code: '23514' });
  }
  await set({});
  const [line] = await owned(
    `select detail from public.audit_log where subject_id = $1 and action = 'update' order by id limit 1`,
    [world.environment],
  );
  expect(line?.detail).toMatchObject({ credentials: { DB_PASSWORD: 'database', _x1: 'a1' } });
});

it('a dump of every table holds no secret', async () => {
  const value = `dumped-${randomBytes(12).toString('hex')}`;
  const { name } = await withSecret(value);
  await read([name]);
  const superuser = new Client({ connectionString: database.postgres.url('supabase_admin') });
  await superuser.connect();
  try {
    const { rows: tables } = await superuser.query<{ name: string }>(
      `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_'`,
    );
    expect(tables.length).toBeGreaterThan(30);
    const hex = Buffer.from(value).toString('hex');
    const base64 = Buffer.from(value).toString('base64').slice(0, 30);
    for (const { name: table } of tables) {
      const { rows } = await superuser.query(`select 1 from ${table} t where to_jsonb(t)::text ~ any ($1) limit 1`, [
        [value, hex, base64],
      ]);
      expect([table, rows.length]).toEqual([table, 0]);
    }
  } finally {
    await superuser.end();
  }
});
