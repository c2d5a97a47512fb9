import { SfpError } from '../../contracts/error.ts';
import type { Credentials } from './credentials.ts';
import { singleFlight } from './single-flight.ts';

export interface SessionTokens {
  accessToken: string;
  refreshToken: string;
  /** Seconds since the epoch. */
  expiresAt: number;
}

export interface SessionCredentialsOptions {
  session: SessionTokens;
  /**
   * Makes a new session of the given one and keeps it. A refresh token works once, so whoever shares a session between
   * processes serialises this and may return a session that another one has just made.
   */
  refresh(session: SessionTokens): Promise<SessionTokens>;
  now?: () => number;
}

// A token must outlive the request it is sent with, and Realtime's next heartbeat.
const marginSeconds = 60;

/** A person's session: refreshed once for everybody shortly before it ends, or after a refusal. */
export function sessionCredentials({ session, refresh, now = Date.now }: SessionCredentialsOptions): Credentials {
  let current = session;
  const renewed = singleFlight(async () => {
    current = await refresh(current);
  });
  const accessToken = async (): Promise<string> => {
    if (current.expiresAt - marginSeconds <= now() / 1_000) await renewed();
    return current.accessToken;
  };
  return {
    bearer: accessToken,
    accessToken,
    async renew() {
      const refused = current.accessToken;
      try {
        await renewed();
      } catch (error) {
        // The first refusal says it better, unless the server is simply not there.
        if (error instanceof SfpError && error.code === 'server_unreachable') throw error;
        return false;
      }
      return current.accessToken !== refused;
    },
  };
}
