import { z } from 'zod';
import { type Session, sessionSchema } from '../../contracts/api/auth.ts';
import { loginCodeHash, loginCodeSeconds, newLoginCode } from '../../contracts/login-code.ts';
import { challengeOf } from '../../contracts/pkce.ts';
import { ApiProblem } from '../http/problem.ts';
import { seal, unseal } from '../http/sealed.ts';
import { type Databases, fetchRows } from './database.ts';
import type { SignIn } from './sign-in.ts';

const usedSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('good'), session: z.string(), access: z.string() }),
  z.object({ state: z.enum(['used', 'foreign', 'expired']), access: z.string() }),
  z.object({ state: z.literal('unknown') }),
]);

const suggestion = 'Begin again: sfp login';
const refusals = {
  used: 'The code was used before. The session that it gave has been ended.',
  foreign: 'The code belongs to another login. It is good for none any more.',
  expired: 'The code has expired.',
  unknown: 'There is no login with this code; it may be too old.',
} as const;

interface LoginCodesOptions {
  databases: Databases;
  signIn: Pick<SignIn, 'out'>;
  key: Buffer;
}

/** Codes of logins through a browser, kept in the database: any API server exchanges what another one gave. */
export function createLoginCodes({ databases, signIn, key }: LoginCodesOptions) {
  /** Sealed with the stack's signing key: after `sfp server rotate jwt` there is nothing to open, and no session either. */
  const opened = (sealed: string): string | undefined => {
    try {
      return unseal(key, sealed);
    } catch {
      return undefined;
    }
  };
  const end = async (accessToken: string): Promise<void> => {
    try {
      await signIn.out(accessToken);
    } catch (error) {
      // A session that has ended already cannot be ended.
      if (!(error instanceof ApiProblem) || error.status !== 401) throw error;
    }
  };
  return {
    /** Keeps the session under a new code, bound to who may exchange it. */
    async give(session: Session, { challenge, redirectUri }: { challenge: string; redirectUri: string | undefined }) {
      const code = newLoginCode();
      const kept = databases.service.rpc('keep_login_code', {
        p_hash: loginCodeHash(code),
        p_challenge: challenge,
        p_redirect_uri: redirectUri ?? null,
        p_session: seal(key, JSON.stringify(session)),
        p_access: seal(key, session.accessToken),
        p_seconds: redirectUri === undefined ? loginCodeSeconds.shown : loginCodeSeconds.redirected,
      });
      await fetchRows(kept, z.unknown());
      return code;
    },
    /** The session, once. A code that comes again, or with another login's verifier, ends its session. */
    async exchange(code: string, verifier: string, redirectUri: string | undefined): Promise<Session> {
      const used = databases.service.rpc('use_login_code', {
        p_hash: loginCodeHash(code),
        p_challenge: challengeOf(verifier),
        p_redirect_uri: redirectUri ?? null,
      });
      const answer = await fetchRows(used, usedSchema);
      if (answer.state === 'good') {
        const session = opened(answer.session);
        if (session !== undefined) return sessionSchema.parse(JSON.parse(session));
      } else if (answer.state !== 'unknown') {
        const access = opened(answer.access);
        if (access !== undefined) await end(access);
      }
      const state = answer.state === 'good' ? 'expired' : answer.state;
      throw new ApiProblem(400, { code: `login_code_${state}`, message: refusals[state], suggestion });
    },
  };
}
export type LoginCodes = ReturnType<typeof createLoginCodes>;
