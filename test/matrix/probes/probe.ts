import { randomBytes } from 'node:crypto';
import type { Actor } from '../../../contracts/permissions/rule.ts';
import type { World } from '../world.ts';

/** One request of a route, about something of the world's account. */
interface Call {
  /** The path that is called, when it is not the route's name. */
  path?: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** In the place of the actor's. */
  token?: string | undefined;
  /** Statuses that mean yes beside 2xx. */
  also?: readonly number[];
  /** What a list has to hold to count as allowed. */
  item?: (item: Record<string, unknown>) => boolean;
}
export type Probe = (world: World, actor: Actor) => Promise<Call> | Call;

export const slug = (): string => `s-${randomBytes(6).toString('hex')}`;
export const address = (): string => `${slug()}@example.test`;
export const anyVersion = { 'if-match': '*' };
export const of = (world: World, path: string): string => `${path}?accountId=${world.account}`;
export const ofAccount = (world: World) => (item: Record<string, unknown>) => item.accountId === world.account;
