/** A number whose digits JavaScript would change; written back as it came. */
class ExactNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** JSON.parse that keeps numbers beyond what a double holds. */
export function parseClaims(text: string): unknown {
  const revive = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' && context?.source !== undefined && String(value) !== context.source
      ? new ExactNumber(context.source)
      : value;
  const value: unknown = JSON.parse(text, revive);
  return value;
}

/** JSON with sorted keys: the form in which SQL sees `request.jwt.claims`. */
export function claimsText(value: unknown): string {
  if (value instanceof ExactNumber) return value.source;
  if (Array.isArray(value)) return `[${value.map(claimsText).join(',')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => `${JSON.stringify(key)}:${claimsText(inner)}`)
      .join(',')}}`;
  return JSON.stringify(value);
}

/** A time claim: absent, a whole number, a fraction, or no number. */
export function timeClaim(value: unknown): 'absent' | 'fraction' | 'invalid' | number {
  if (value === undefined || value === null) return 'absent';
  const number = value instanceof ExactNumber ? Number(value.source) : value;
  if (typeof number !== 'number') return 'invalid';
  return Number.isInteger(number) ? number : 'fraction';
}
