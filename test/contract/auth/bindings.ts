import { Bindings, type Volatility } from '../support/compare.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
const hash = /^[A-Za-z0-9_-]{43}$/;
/** The first part of a hash, where a telephone number stood. */
const shortHash = '7vRSMNp2suU1ukU';
const jwt = /^[\w-]+\.[\w-]+\.[\w-]*$/;
const refreshToken = /^[a-z0-9]{12}$/;
const seconds = /(?:^|\.)(?:expires_at|exp|iat|timestamp)$/;
const keyCoordinate = /\.keys\[\d+\]\.[xy]$/;

/**
 * Ids and times keep their identity: the same recorded value is the same value here. The label of a refresh token is one
 * token and two labels are two; an access token is bound anew each time, as two of the same second are equal only by chance.
 */
export class AuthBindings extends Bindings {
  readonly tokens = new Map<string, string>();
  readonly ids = new Map<string, string>();

  override accepts(expected: string, actual: unknown): boolean {
    if (typeof actual !== 'string') return false;
    if (expected.startsWith('{{jwt:')) {
      if (jwt.test(actual)) this.tokens.set(expected, actual);
      return jwt.test(actual);
    }
    if (expected.startsWith('{{refresh:')) return this.#bindRefreshToken(expected, actual);
    if (uuid.test(expected)) this.ids.set(expected, this.ids.get(expected) ?? actual);
    if (expected === shortHash) return actual.length === shortHash.length && super.accepts(expected, actual);
    const form = [uuid, time, hash].find((pattern) => pattern.test(expected));
    return (form?.test(actual) ?? true) && super.accepts(expected, actual);
  }

  /** The recorded text with this run's tokens and ids in it. */
  fill(text: string): string {
    let filled = text;
    for (const [recorded, actual] of [...this.tokens, ...this.ids]) filled = filled.replaceAll(recorded, actual);
    return filled;
  }

  #bindRefreshToken(label: string, actual: string): boolean {
    const known = this.tokens.get(label);
    if (known !== undefined) return known === actual;
    const fresh = refreshToken.test(actual) && ![...this.tokens.values()].includes(actual);
    this.tokens.set(label, actual);
    return fresh;
  }
}

export const volatility: Volatility = (path, expected) => {
  if (seconds.test(path) || path.startsWith('headers.sb-auth-') || keyCoordinate.test(path)) return 'ignore';
  if (typeof expected !== 'string') return 'exact';
  const bound =
    expected.startsWith('{{') ||
    uuid.test(expected) ||
    time.test(expected) ||
    hash.test(expected) ||
    expected === shortHash;
  return bound ? 'bind' : 'exact';
};
