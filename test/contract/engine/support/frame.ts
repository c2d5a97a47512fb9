import { readFileSync } from 'node:fs';
import { z } from 'zod';

const frameSchema = z.object({
  t_ms: z.number(),
  dir: z.enum(['out', 'in', 'sdk', 'note']),
  conn: z.string().optional(),
  kind: z.string(),
  method: z.string().optional(),
  call_id: z.number().optional(),
  stream_id: z.number().optional(),
  frame: z.unknown().optional(),
  status: z.record(z.string(), z.unknown()).optional(),
});

/** One line of a recording, and what the relay writes of a run. */
export type Frame = z.infer<typeof frameSchema>;

export function readRecording(name: string): Frame[] {
  const text = readFileSync(new URL(`../../recordings/hatchet/${name}.jsonl`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => frameSchema.parse(JSON.parse(line)));
}

/** The frames of one scenario as they happen. */
export class FrameLog {
  readonly frames: Frame[] = [];
  readonly #startedAt = performance.now();
  #lastId = 0;

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  write(frame: Omit<Frame, 't_ms'>): void {
    const t_ms = Math.round(performance.now() - this.#startedAt);
    // What was recorded went through JSON: undefined is absent, dates are text.
    this.frames.push(frameSchema.parse(JSON.parse(JSON.stringify({ t_ms, ...frame }))));
  }
}
