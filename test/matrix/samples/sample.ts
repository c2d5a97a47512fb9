import { randomBytes } from 'node:crypto';
import type { Actor } from '../../../contracts/permissions/rule.ts';
import type { Verb } from '../../../contracts/permissions/tables.ts';
import type { World } from '../world.ts';

export type Row = Record<string, unknown>;

/** How a row of a table is made, found, changed and inserted. */
export interface Sample {
  /** Makes one in the world's account; what finds it. */
  existing(world: World, actor: Actor, verb: Verb): Promise<Row>;
  /** What an insert sends. */
  fresh(world: World): Promise<Row> | Row;
  patch: Row;
}

export const slug = (): string => `s-${randomBytes(6).toString('hex')}`;
export const later = '2099-01-01T00:00:00Z';
