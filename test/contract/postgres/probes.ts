import { readFileSync } from 'node:fs';
import { z } from 'zod';

const probeSchema = z.object({
  kind: z.literal('probe'),
  group: z.string(),
  role: z.string(),
  statement: z.string(),
  setup: z.string().default(''),
  outcome: z.enum(['ok', 'error']),
  sqlstate: z.string().optional(),
  message: z.string().default(''),
  result: z.string().optional(),
});
export type Probe = z.infer<typeof probeSchema> & { step: number };

const recordings = new URL('../recordings/postgres/', import.meta.url);

export const readLines = (name: string): unknown[] =>
  readFileSync(new URL(name, recordings), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));

/** The probed statements; `step` is the line of the recording, counted from 0. */
export const readProbes = (): Probe[] =>
  readLines('postgres_can.jsonl').flatMap((line, step) => {
    const parsed = probeSchema.safeParse(line);
    return parsed.success ? [{ ...parsed.data, step }] : [];
  });
