import { z } from 'zod';

const logRecord = z.looseObject({
  level: z.number(),
  time: z.number(),
  msg: z.string().optional(),
});
const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
const dropped = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'process']);

/** A pino line as time, level, message and fields; any other line as it is. */
export function readableLine(line: string): string {
  if (!line.startsWith('{')) return line;
  let record: z.infer<typeof logRecord>;
  try {
    record = logRecord.parse(JSON.parse(line));
  } catch {
    return line;
  }
  const fields = Object.entries(record)
    .filter(([key]) => !dropped.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const time = new Date(record.time).toISOString().slice(11, 23);
  return [time, (levels[record.level] ?? String(record.level)).padEnd(5), record.msg ?? '', ...fields].join(' ');
}
