import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';

const directory = new URL('../recordings/rest/', import.meta.url);

const httpSchema = z.object({
  kind: z.literal('http'),
  i: z.number().int(),
  conn: z.string(),
  label: z.string().optional(),
  raw: z.string().optional(),
  req: z.object({
    method: z.string(),
    path: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z
      .unknown()
      .transform((body) => (body === undefined || typeof body === 'string' ? body : JSON.stringify(body)))
      .optional(),
  }),
  res: z.object({
    status: z.number().int(),
    headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
    body: z.unknown(),
  }),
});
const sdkSchema = z.object({
  kind: z.literal('sdk'),
  i: z.number().int(),
  call: z.string(),
  result: z.unknown(),
});
const sqlSchema = z.object({ kind: z.literal('sql'), sql: z.string() });
const noteSchema = z.object({ kind: z.literal('note'), note: z.string() });
const lineSchema = z.discriminatedUnion('kind', [httpSchema, sdkSchema, sqlSchema, noteSchema]);

export type HttpStep = z.infer<typeof httpSchema>;
export type SdkStep = z.infer<typeof sdkSchema>;
export type Step = z.infer<typeof lineSchema>;

/** The recorded scenarios by name. */
export const scenarios: readonly string[] = readdirSync(directory)
  .filter((name) => name.endsWith('.jsonl'))
  .map((name) => name.slice(0, -'.jsonl'.length))
  .toSorted();

export const readScenario = (name: string): Step[] =>
  readFileSync(new URL(`${name}.jsonl`, directory), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => lineSchema.parse(JSON.parse(line)));

export const fixtures = (): string => readFileSync(new URL('fixtures.sql', directory), 'utf8');
