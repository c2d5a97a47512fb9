import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { KeySettings } from './config.ts';

export type KeyGroup = 'anon' | 'admin';

/** A key that was recognised: whose it is, and the JWT that backends get in its place. */
export interface ApiKey {
  group: KeyGroup;
  jwt: string;
}

/**
 * The keys of the stack. A key is compared with all of them and by digests under a key of this process, so that neither
 * the time nor the order tells how much of a guess was right.
 */
export class ApiKeys {
  readonly #salt = randomBytes(32);
  readonly #known: { digest: Buffer; key: ApiKey }[];

  constructor(settings: KeySettings) {
    const entries: [string | undefined, KeyGroup, string | undefined][] = [
      // A legacy key is a JWT itself and goes on as it is; the newer ones are opaque.
      [settings.anonKey, 'anon', settings.anonKey],
      [settings.serviceKey, 'admin', settings.serviceKey],
      [settings.publishableKey, 'anon', settings.anonJwt],
      [settings.secretKey, 'admin', settings.serviceJwt],
    ];
    this.#known = entries.flatMap(([value, group, jwt]) =>
      value === undefined || jwt === undefined ? [] : [{ digest: this.#digest(value), key: { group, jwt } }],
    );
  }

  find(candidate: string): ApiKey | undefined {
    const digest = this.#digest(candidate);
    let found: ApiKey | undefined;
    for (const { digest: known, key } of this.#known) if (timingSafeEqual(known, digest)) found = key;
    return found;
  }

  #digest(value: string): Buffer {
    return createHmac('sha256', this.#salt).update(value).digest();
  }
}
