import { z } from 'zod';
import { lastLines } from './log-file.ts';

const record = z.looseObject({
  level: z.number(),
  time: z.number(),
  msg: z.string().optional(),
  err: z.looseObject({ message: z.string() }).optional(),
});
const warnLevel = 40;
const searchedLines = 60;

/**
 * Why a service ended, as far as its log tells: its last complaints since `since`, or its last words when it did not
 * complain. The same complaint again (of the next start) is told once.
 */
export function logExcerpt(file: string, count: number, since: Date): string {
  const lines = lastLines(file, searchedLines);
  const complaints = [...new Set(lines.flatMap((line) => complaint(line, since.getTime()) ?? []))];
  return (complaints.length > 0 ? complaints : lines).slice(-count).join('\n');
}

/** A line of ours at warning or above, as text; null for any other line. */
function complaint(line: string, sinceMs: number): string | null {
  if (!line.startsWith('{')) return null;
  try {
    const { level, time, msg, err } = record.parse(JSON.parse(line));
    if (level < warnLevel || time < sinceMs) return null;
    return [msg, err?.message].filter((text, index, all) => text && all.indexOf(text) === index).join(': ');
  } catch {
    return null;
  }
}
