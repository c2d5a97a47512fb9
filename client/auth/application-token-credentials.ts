import type { Credentials } from './credentials.ts';
import { singleFlight } from './single-flight.ts';

export interface ApplicationTokenCredentialsOptions {
  token: string;
  /** POST /auth/token. */
  exchange(token: string): Promise<{ accessToken: string; expiresAt: number }>;
  now?: () => number;
}

const marginSeconds = 60;

/**
 * An application token: the API takes it as it is (so that revoking works at once), REST and Realtime get the user
 * token that it is exchanged for, kept until shortly before that ends.
 */
export function applicationTokenCredentials({
  token,
  exchange,
  now = Date.now,
}: ApplicationTokenCredentialsOptions): Credentials {
  let current: { accessToken: string; expiresAt: number } | undefined;
  const exchanged = singleFlight(async () => {
    current = await exchange(token);
    return current;
  });
  return {
    bearer: async () => token,
    async accessToken() {
      if (current !== undefined && current.expiresAt - marginSeconds > now() / 1_000) return current.accessToken;
      return (await exchanged()).accessToken;
    },
    renew: async () => false,
  };
}
