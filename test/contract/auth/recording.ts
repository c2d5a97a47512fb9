import { readFileSync } from 'node:fs';
import { z } from 'zod';

const headersSchema = z.record(z.string(), z.string());
const exchangeSchema = z.object({
  dir: z.literal('out'),
  t_ms: z.number(),
  step: z.string(),
  req: z.object({ method: z.string(), path: z.string(), headers: headersSchema, body: z.unknown() }),
  res: z.object({ status: z.number(), headers: headersSchema, body: z.unknown() }),
});
const tokenSchema = z.object({
  dir: z.literal('note'),
  t_ms: z.number(),
  token: z.string(),
  header: z.record(z.string(), z.unknown()),
  claims: z.record(z.string(), z.unknown()),
});
const configSchema = z.object({
  dir: z.literal('note'),
  data: z.object({ config: z.record(z.string(), z.string()) }),
});

export type Exchange = z.infer<typeof exchangeSchema> & { kind: 'exchange'; index: number };
export type TokenNote = z.infer<typeof tokenSchema> & { kind: 'token'; index: number };

export interface Recording {
  config: Record<string, string>;
  /** Exchanges and token notes in their order; the index is the line's, which claims and deviations name. */
  lines: (Exchange | TokenNote)[];
}

/** Reads a recorded scenario; what neither was sent nor describes a token is left out. */
export function readRecording(scenario: string): Recording {
  const text = readFileSync(new URL(`../recordings/auth/${scenario}.jsonl`, import.meta.url), 'utf8');
  const values = text
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  const lines: Recording['lines'] = [];
  for (const [index, value] of values.entries()) {
    const exchange = exchangeSchema.safeParse(value);
    if (exchange.success) lines.push({ ...exchange.data, kind: 'exchange', index });
    const token = tokenSchema.safeParse(value);
    if (token.success) lines.push({ ...token.data, kind: 'token', index });
  }
  return { config: configSchema.parse(values[0]).data.config, lines };
}
