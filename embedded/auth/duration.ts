const unitsMs: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a Go duration such as `1h30m`, or why it is none, in Go's words. */
export function parseDuration(text: string): { ms: number } | { problem: string } {
  const quoted = JSON.stringify(text);
  const [, sign = '', body = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (body === '0') return { ms: 0 };
  if (body === '') return { problem: `time: invalid duration ${quoted}` };
  let ms = 0;
  let rest = body;
  while (rest !== '') {
    const [, number = '', unit = ''] = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest) ?? [];
    if (number === '') return { problem: `time: invalid duration ${quoted}` };
    if (unit === '') return { problem: `time: missing unit in duration ${quoted}` };
    const unitMs = unitsMs[unit];
    if (unitMs === undefined) return { problem: `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}` };
    ms += Number(number) * unitMs;
    rest = rest.slice(number.length + unit.length);
  }
  return { ms: sign === '-' ? -ms : ms };
}
