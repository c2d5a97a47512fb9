import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallName, calls } from '../../contracts/permissions/calls.ts';
import { functions } from '../../contracts/permissions/functions.ts';
import { type RouteName, routes } from '../../contracts/permissions/routes.ts';
import { actors } from '../../contracts/permissions/rule.ts';
import { type TableName, tables, verbs } from '../../contracts/permissions/tables.ts';
import { topics } from '../../contracts/permissions/topics.ts';
import { routeName } from '../../server/http/guard.ts';
import { apiRoutes } from './api-routes.ts';
import { callSamples, tryCall } from './calls.ts';
import { allowedActors, expectedActors } from './outcome.ts';
import { probes, tryRoute } from './routes.ts';
import { askRest, samples, tryTable } from './tables.ts';
import { openDoors, topicNames } from './topics.ts';
import { makeWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world?.stack.stop());

const namesOf = async (schema: string): Promise<string[]> => {
  const { rows } = await world.stack.owner.query<{ name: string }>(
    `select c.relname as name from pg_class c where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')`,
    [schema],
  );
  return rows.map(({ name }) => name).sort();
};

describe('tables, through REST', () => {
  it('every one has a row in the permission table, and a sample here', async () => {
    expect(await namesOf('public')).toEqual(Object.keys(tables).sort());
    expect(Object.keys(samples).sort()).toEqual(Object.keys(tables).sort());
  });

  it.each(Object.keys(tables) as TableName[])('%s', async (table) => {
    const found: Record<string, string[]> = {};
    const expected: Record<string, string[]> = {};
    for (const verb of verbs) {
      found[verb] = await allowedActors((actor) => tryTable(world, table, verb, actor));
      expected[verb] = expectedActors(tables[table][verb]);
    }
    expect(found).toEqual(expected);
  });

  it('nobody reaches what is private', async () => {
    const names = await namesOf('private');
    expect(names.length).toBeGreaterThan(3);
    for (const table of names) {
      for (const verb of verbs) {
        for (const actor of actors) {
          const { status } = await askRest(world, actor, {
            verb,
            table,
            schema: 'private',
            body: verb === 'insert' ? {} : undefined,
          });
          expect([table, verb, actor, status]).toEqual([table, verb, actor, 406]);
        }
      }
    }
    const { rows } = await world.stack.owner.query(
      `select role from unnest(array['anon', 'authenticated', 'service_role', 'authenticator']) role
       cross join pg_class c where c.relnamespace = 'private'::regnamespace and c.relkind in ('r', 'v')
         and has_table_privilege(role, c.oid, 'select, insert, update, delete, truncate')`,
    );
    expect(rows).toEqual([]);
  });
});

describe('functions, through REST', () => {
  it('every one that users may call has a row in the permission table, and a sample here', () => {
    const callable = Object.entries(functions).filter(
      ([name, roles]) => name.startsWith('public.') && roles.includes('authenticated'),
    );
    expect(Object.keys(calls).sort()).toEqual(callable.map(([name]) => name.replace('public.', '')).sort());
    expect(Object.keys(callSamples).sort()).toEqual(Object.keys(calls).sort());
  });

  it.each(Object.keys(calls) as CallName[])('%s', async (name) => {
    expect(await allowedActors((actor) => tryCall(world, name, actor))).toEqual(expectedActors(calls[name]));
  });
});

describe('routes of the API', () => {
  it('every one has a row in the permission table, and a probe here', () => {
    const served = apiRoutes().map(({ method, path }) => `${method} ${routeName(path)}`);
    expect([...new Set(served)].sort()).toEqual(Object.keys(routes).sort());
    expect(Object.keys(probes).sort()).toEqual(Object.keys(routes).sort());
  });

  it.each(Object.keys(routes) as RouteName[])('%s', async (name) => {
    expect(await allowedActors((actor) => tryRoute(world, name, actor))).toEqual(expectedActors(routes[name]));
  });
});

describe('topics of Realtime', () => {
  it('are joined, shown presence on and broadcast to as the permission table says', async () => {
    const doors = await openDoors(world);
    try {
      const names = topicNames(world);
      expect(Object.keys(names).sort()).toEqual(Object.keys(topics).sort());
      for (const [kind, name] of Object.entries(names)) {
        const rules = topics[kind as keyof typeof topics];
        expect({
          kind,
          join: await allowedActors((actor) => doors.join(actor, name)),
          presence: await allowedActors(async (actor) => (await doors.rights(actor, name)).presence),
          broadcast: await allowedActors(async (actor) => (await doors.rights(actor, name)).broadcast),
        }).toEqual({
          kind,
          join: expectedActors(rules.join),
          presence: expectedActors(rules.presence),
          broadcast: expectedActors(rules.broadcast),
        });
      }
    } finally {
      await doors.close();
    }
  });

  it('that are none of ours nobody joins but the platform', async () => {
    const doors = await openDoors(world);
    try {
      for (const name of ['anything', 'task:', `task:${world.account}`]) {
        expect([name, ...(await allowedActors((actor) => doors.join(actor, name)))]).toEqual([name, 'service_role']);
      }
    } finally {
      await doors.close();
    }
  });
});
