import { z } from 'zod';

export const uuidSchema = z.uuid();

/** ISO 8601 with offset, as Postgres' JSON writes timestamptz. */
export const timestampSchema = z.iso.datetime({ offset: true });

/** Names that people type, of stacks too: lower-case letters, digits, hyphens, 2 to 40 characters, no hyphen at either end. */
export const slugSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])$/, 'lower-case letters, digits and hyphens, 2 to 40 characters');

/** A page of a list: `nextCursor` is opaque and null on the last page. */
export const pageSchema = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

export const pageQuerySchema = z.object({
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
