import { readFileSync } from 'node:fs';
import { z } from 'zod';

const errorSchema = z.object({
  code: z.string(),
  message: z.string(),
  detail: z.string().nullish(),
  hint: z.string().nullish(),
});

const lineSchema = z.discriminatedUnion('dir', [
  z.object({ dir: z.literal('sql'), conn: z.string(), sql: z.string(), params: z.array(z.unknown()).optional() }),
  z.object({
    dir: z.literal('out'),
    conn: z.string(),
    tag: z.string().optional(),
    rows: z.array(z.unknown()).optional(),
    error: errorSchema.optional(),
    notice: z.unknown().optional(),
  }),
  z.object({
    dir: z.literal('http'),
    request: z.string(),
    headers: z.union([z.array(z.tuple([z.string(), z.string()])), z.string()]),
    body: z.string(),
    body_len: z.number(),
  }),
  z.object({ dir: z.literal('note'), text: z.string() }),
]);
export type SessionLine = z.infer<typeof lineSchema>;
export type Out = Extract<SessionLine, { dir: 'out' }>;

const directory = new URL('../recordings/pgext/', import.meta.url);

/** The lines of one scenario; a step is the index of its `sql` line. */
export const readSession = (scenario: string): SessionLine[] =>
  readFileSync(new URL(`${scenario}.jsonl`, directory), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => lineSchema.parse(JSON.parse(line)));
