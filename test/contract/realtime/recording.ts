import { readFileSync } from 'node:fs';
import { z } from 'zod';

const lineSchema = z.object({
  t_ms: z.number(),
  dir: z.enum(['out', 'in', 'sql', 'note', 'cb']),
  conn: z.string(),
  kind: z.string().optional(),
  decoded: z.unknown().optional(),
  frame: z.unknown(),
});
export type Line = z.infer<typeof lineSchema>;

const directory = new URL('../recordings/realtime/', import.meta.url);

/** The lines of a recorded scenario; a step's number is its line, from 0. */
export function readRecording(scenario: string): Line[] {
  return readFileSync(new URL(`${scenario}.jsonl`, directory), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => lineSchema.parse(JSON.parse(line)));
}

/** Tables and policies that every scenario expects. */
export const recordedSchema = (): string => readFileSync(new URL('schema.sql', directory), 'utf8');

const cutMark = /…\[cut, (\d+) chars\]$/;

/** The recorded length of a frame that the recording cut, else undefined. */
export function cutLength(frame: unknown): number | undefined {
  const match = typeof frame === 'string' ? cutMark.exec(frame) : null;
  return match === null ? undefined : Number(match[1]);
}

const run = /x{100}/;

/**
 * What was sent, rebuilt where the recording cut it: a long run of `x` is filled up to the recorded length, a list of
 * numbered messages to its full count.
 */
export function rebuild(frame: string, ref: number): string {
  const length = cutLength(frame);
  if (length === undefined) return frame;
  const kept = frame.replace(cutMark, '');
  const start = run.exec(kept)?.index;
  if (start !== undefined) {
    const head = kept.slice(0, start);
    const tail = head.startsWith('{"messages"') ? '"}}]}' : `"}},"ref":"${ref}","join_ref":"1"}`;
    return head + 'x'.repeat(length - head.length - tail.length) + tail;
  }
  const item = (i: number): string => `{"topic":"t","event":"e","payload":{"i":${i}}}`;
  let body = `{"messages":[${item(0)}`;
  for (let i = 1; body.length + 2 < length; i += 1) body += `,${item(i)}`;
  return `${body}]}`;
}
