import { z } from 'zod';

const columnSchema = z.object({
  number: z.number(),
  name: z.string(),
  type: z.string(),
  default: z.string().nullable(),
});
const relationSchema = z.object({
  oid: z.coerce.number(),
  schema: z.string(),
  name: z.string(),
  kind: z.string(),
  can: z.number(),
  columns: z.array(columnSchema),
});
const keySchema = z.object({
  table: z.coerce.number(),
  schema: z.string(),
  tableName: z.string(),
  name: z.string(),
  type: z.enum(['p', 'u', 'f']),
  columns: z.array(z.number()),
  columnNames: z.array(z.string()),
  foreign: z.coerce.number(),
  foreignColumns: z.array(z.number()).nullable(),
  foreignColumnNames: z.array(z.string()).nullable(),
});
const viewSchema = z.object({ oid: z.coerce.number(), rule: z.string() });
const routineSchema = z.object({
  schema: z.string(),
  name: z.string(),
  volatility: z.enum(['v', 's', 'i']),
  set: z.boolean(),
  rows: z.number(),
  returnsKind: z.string(),
  returnsType: z.string(),
  returnsSchema: z.string(),
  returnsRelation: z.coerce.number(),
  outputs: z.boolean(),
  settings: z.array(z.string()).nullable(),
  parameters: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      required: z.boolean(),
      variadic: z.boolean(),
      relation: z.coerce.number().nullable(),
    }),
  ),
});

/** One row of the catalog query. */
export const catalogSchema = z.object({
  relations: z.array(relationSchema),
  keys: z.array(keySchema),
  views: z.array(viewSchema),
  routines: z.array(routineSchema),
  role_settings: z.array(z.object({ role: z.string(), setting: z.string() })),
});
export type Catalog = z.infer<typeof catalogSchema>;
export type CatalogRelation = z.infer<typeof relationSchema>;
export type CatalogKey = z.infer<typeof keySchema>;
