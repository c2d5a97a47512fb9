import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asService, asUser, type CoreDatabase, startCoreDatabase } from './core-database.ts';
import { makeWorld, type World } from './world.ts';

let database: CoreDatabase;
let world: World;
beforeAll(async () => {
  database = await startCoreDatabase();
  world = await makeWorld(database);
});
afterAll(() => database.stop());

const owned = async (sql: string, values: unknown[] = []) => (await database.owner.query(sql, values)).rows;
const start = (task: string) =>
  database.as(asService, (client) => client.query(`select public.start_task($1, 'run', 'worker', 60)`, [task]));
const setVariables = (variables: Record<string, string>) =>
  owned('update public.environments set variables = $2 where id = $1', [world.environment, variables]);
/** What a viewer reads of it. */
const snapshot = async (deployment: string, version: number | null = null) => {
  const { rows } = await database.as(asUser(world.viewer), (client) =>
    client.query(
      `select d.value from public.collections c, public.get_document(c.id, $2, $3) d
       where c.account_id = $1 and c.name = 'configuration-snapshots'`,
      [world.account, deployment, version],
    ),
  );
  return rows[0]?.value;
};

describe('the configuration of a deployment', () => {
  it('is kept as each attempt found it', async () => {
    await setVariables({ TARGET: 'first' });
    const { deployment, task } = await world.deploy();
    await setVariables({ TARGET: 'second' });
    await start(task);
    await owned(`update public.tasks set lease_expires_at = now() - interval '1 hour' where id = $1`, [task]);
    await setVariables({ TARGET: 'third' });
    await start(task);
    const of = (attempt: number, target: string) => ({
      deploymentId: deployment,
      taskId: task,
      attempt,
      project: { slug: 'site' },
      environment: { slug: 'dev', variables: { TARGET: target } },
    });
    expect(await snapshot(deployment, 1)).toMatchObject(of(1, 'second'));
    expect(await snapshot(deployment)).toMatchObject(of(2, 'third'));
  });

  it('that is too long for a document does not keep a deployment from running', async () => {
    await setVariables(Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`V${n}`, 'x'.repeat(4_000)])));
    const { deployment, task } = await world.deploy();
    await start(task);
    expect(await owned('select status from public.tasks where id = $1', [task])).toEqual([{ status: 'running' }]);
    expect(await owned(`select 1 from private.documents where key = $1`, [deployment])).toEqual([]);
  });
});
