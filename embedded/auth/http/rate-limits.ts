import type { Exchange } from './exchange.ts';
import { Failure } from './failure.ts';

/** Buckets that fill by themselves; one for each address. */
export type LimitName = 'token' | 'verify' | 'signup' | 'otp' | 'magiclink' | 'recover' | 'resend' | 'user';
export type LimitRates = Record<LimitName, number>;

/** What the real server lets through at once, whatever the rate is (measured, each kind for itself). */
const burst = 30;
const windowMs = 300_000;
const fewBuckets = 10_000;

interface Bucket {
  name: LimitName;
  left: number;
  at: number;
}

/**
 * GoTrue's limits: by the address that stands in the header of its settings; without the setting, or without the header in
 * a request, nothing is limited. Kept in this process.
 */
export class RateLimits {
  readonly #header: string | undefined;
  readonly #rates: LimitRates;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();
  #tooMany = fewBuckets;

  /** @param rates requests in five minutes */
  constructor(header: string | undefined, rates: LimitRates, now: () => number = () => performance.now()) {
    this.#header = header?.toLowerCase();
    this.#rates = rates;
    this.#now = now;
  }

  /** Takes one request; throws a 429 when the address has had too many. */
  take(name: LimitName, exchange: Pick<Exchange, 'header'>): void {
    const address = this.#header === undefined ? undefined : exchange.header(this.#header);
    if (address === undefined || address === '') return;
    const now = this.#now();
    const key = `${name} ${address}`;
    const bucket = this.#buckets.get(key);
    const left = bucket === undefined ? burst : this.#leftIn(bucket, now);
    if (left < 1) throw new Failure(429, 'over_request_rate_limit', 'Request rate limit reached');
    this.#buckets.set(key, { name, left: left - 1, at: now });
    if (this.#buckets.size > this.#tooMany) this.#forgetFull(now);
  }

  #leftIn({ name, left, at }: Bucket, now: number): number {
    return Math.min(burst, left + ((now - at) * this.#rates[name]) / windowMs);
  }

  /** A full bucket is what an address begins with. Looked for again when there are twice as many. */
  #forgetFull(now: number): void {
    for (const [key, bucket] of this.#buckets) if (this.#leftIn(bucket, now) >= burst) this.#buckets.delete(key);
    this.#tooMany = Math.max(fewBuckets, 2 * this.#buckets.size);
  }
}
