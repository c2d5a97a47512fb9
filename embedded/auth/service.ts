import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { Database } from './database.ts';
import type { RateLimits } from './http/rate-limits.ts';
import type { Keyring } from './jwt/keyring.ts';
import type { Hasher } from './password/hasher.ts';

/** The parts that routes work with. */
export interface Service {
  config: Config;
  database: Database;
  keyring: Keyring;
  hasher: Hasher;
  limits: RateLimits;
  log: Logger;
}
