const unitSeconds: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 };
const whole = /^(\d+(\.\d+)?(ms|s|m|h))+$/;
const part = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;

export const durationRule =
  "Invalid duration. Durations must be one or more <number><unit> components, where unit is one of: 'ms', 's', 'm', 'h'. For example: '10s', '1h30m', '1.5h'";

/** Seconds of a duration such as `1h30m`; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  if (!whole.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(part)) seconds += Number(amount) * (unitSeconds[unit ?? ''] ?? 0);
  return seconds;
}
