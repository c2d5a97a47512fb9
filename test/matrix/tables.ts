import type { Actor } from '../../contracts/permissions/rule.ts';
import type { TableName, Verb } from '../../contracts/permissions/tables.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { builds } from './samples/builds.ts';
import { configuration } from './samples/configuration.ts';
import { documents } from './samples/documents.ts';
import { identity } from './samples/identity.ts';
import { operation } from './samples/operation.ts';
import { releases } from './samples/releases.ts';
import type { Row, Sample } from './samples/sample.ts';
import { schedules } from './samples/schedules.ts';
import type { World } from './world.ts';

export const samples: Record<TableName, Sample> = {
  ...identity,
  ...builds,
  ...configuration,
  ...documents,
  ...operation,
  ...releases,
  ...schedules,
};

const methods = { select: 'GET', insert: 'POST', update: 'PATCH', delete: 'DELETE' } as const;

/** One request to REST, as this actor. */
export async function askRest(
  { stack, restToken }: World,
  actor: Actor,
  request: { verb: Verb; table: string; filter?: Row; body?: Row; schema?: string },
): Promise<{ status: number; body: unknown }> {
  const { verb, table, filter = {}, body, schema = 'public' } = request;
  const url = new URL(`${stack.url}/rest/v1/${table}`);
  for (const [column, value] of Object.entries(filter)) url.searchParams.set(column, `eq.${String(value)}`);
  const token = restToken(actor);
  const { secretKey, publishableKey } = stack.context.secrets;
  const response = await fetch(url, {
    method: methods[verb],
    headers: {
      apikey: actor === 'service_role' ? secretKey : publishableKey,
      ...(token === undefined || actor === 'service_role' ? {} : { authorization: `Bearer ${token}` }),
      'content-type': 'application/json',
      prefer: 'return=representation',
      'accept-profile': schema,
      'content-profile': schema,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

/** Tries it: allowed when the row came back. */
export async function tryTable(world: World, table: TableName, verb: Verb, actor: Actor): Promise<Outcome> {
  const sample = samples[table];
  const request =
    verb === 'insert'
      ? { body: await sample.fresh(world) }
      : {
          filter: await sample.existing(world, actor, verb),
          ...(verb === 'update' ? { body: sample.patch } : {}),
        };
  const { status, body } = await askRest(world, actor, { verb, table, ...request });
  return outcomeOf(status, body, Array.isArray(body) && body.length === 1);
}
