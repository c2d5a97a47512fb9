import type { RouteName } from '../../contracts/permissions/routes.ts';
import type { Actor } from '../../contracts/permissions/rule.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { builds } from './probes/builds.ts';
import { configuration } from './probes/configuration.ts';
import { documents } from './probes/documents.ts';
import { environmentLock } from './probes/environment-lock.ts';
import { identity } from './probes/identity.ts';
import { operation } from './probes/operation.ts';
import type { Probe } from './probes/probe.ts';
import { releases } from './probes/releases.ts';
import { schedules } from './probes/schedules.ts';
import type { World } from './world.ts';

export const probes: Record<RouteName, Probe> = {
  ...identity,
  ...builds,
  ...configuration,
  ...documents,
  ...environmentLock,
  ...operation,
  ...releases,
  ...schedules,
};

export async function tryRoute(world: World, name: RouteName, actor: Actor): Promise<Outcome> {
  const [method = '', route = ''] = name.split(' ');
  const call = await probes[name](world, actor);
  const { status, body } = await world.stack.call(method, call.path ?? route, {
    token: call.token ?? world.apiToken(actor),
    ...(call.body === undefined ? {} : { body: call.body }),
    ...(call.headers === undefined ? {} : { headers: call.headers }),
  });
  if (call.also?.includes(status)) return true;
  const holds = call.item === undefined || (Array.isArray(body?.items) && body.items.some(call.item));
  return outcomeOf(status, body, holds);
}
