import { statSync } from 'node:fs';
import { z } from 'zod';
import { lastLines } from './log-file.ts';

const record = z.looseObject({
  level: z.number(),
  msg: z.string().optional(),
  err: z.looseObject({ message: z.string() }).optional(),
});
const warnLevel = 40;
const searchedLines = 60;

/** The end of a log now: what comes after it is of what starts now. */
export const logEnd = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/**
 * Why a service ended, as far as its log tells from `from` on: its last complaints, or its last words when it did not
 * complain. The same complaint again (of the next start) is told once.
 */
export function logExcerpt(file: string, count: number, from: number): string {
  const lines = lastLines(file, searchedLines, from);
  const complaints = [...new Set(lines.flatMap((line) => complaint(line) ?? []))];
  return (complaints.length > 0 ? complaints : lines).slice(-count).join('\n');
}

/** A line of ours at warning or above, as text; null for any other line. */
function complaint(line: string): string | null {
  if (!line.startsWith('{')) return null;
  try {
    const { level, msg, err } = record.parse(JSON.parse(line));
    if (level < warnLevel) return null;
    return [msg, err?.message].filter((text, index, all) => text && all.indexOf(text) === index).join(': ');
  } catch {
    return null;
  }
}
