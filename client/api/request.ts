import { z } from 'zod';
import type { createHttp } from './http.ts';

/** What a resource's methods are made of. */
export type Http = ReturnType<typeof createHttp>;

export interface Page {
  cursor?: string | undefined;
  limit?: number | undefined;
  signal?: AbortSignal | undefined;
}
export interface Creating {
  /** Repeat it to repeat the request without making a second thing. */
  idempotencyKey?: string | undefined;
}
export interface InAccount {
  /** May be left out by a member of exactly one account. */
  accountId?: string | undefined;
}
export interface Changing {
  /** The version that was read (`version` of the answer); a later one makes the change fail as `version_conflict`. */
  version: number;
}
export type Body<Schema extends z.ZodType> = z.input<Schema>;

export const anything = z.unknown();
export const at = (...segments: string[]): string =>
  segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
export const page = ({ cursor, limit }: Page): Record<string, string | number | undefined> => ({ cursor, limit });
