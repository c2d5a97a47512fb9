import { type AuthError, type Session as AuthSession, isAuthRetryableFetchError } from '@supabase/supabase-js';
import type { Session } from '../../contracts/api/auth.ts';
import { ApiProblem } from '../http/problem.ts';
import type { Databases, RequestSource } from './database.ts';

function problemOf(error: AuthError): ApiProblem {
  const code = error.code ?? 'unauthorized';
  if (isAuthRetryableFetchError(error) || (error.status ?? 0) >= 500) {
    return new ApiProblem(
      503,
      {
        code: 'auth_unavailable',
        message: 'The auth service cannot be reached.',
        suggestion: 'Try again in a moment.',
      },
      { cause: error },
    );
  }
  if (error.status === 429) {
    return new ApiProblem(429, {
      code: 'rate_limited',
      message: 'Too many tries.',
      suggestion: 'Wait a minute, then try again.',
    });
  }
  return new ApiProblem(401, {
    code,
    message: code === 'invalid_credentials' ? 'E-mail or password is wrong.' : error.message,
    suggestion: 'Check the e-mail and the password, then sign in again.',
  });
}

const toSession = (session: AuthSession | null): Session => {
  if (session === null)
    throw new ApiProblem(502, { code: 'auth_answer', message: 'The auth service gave no session.' });
  return {
    accessToken: session.access_token,
    refreshToken: session.refresh_token,
    expiresAt: session.expires_at ?? Math.floor(Date.now() / 1_000) + session.expires_in,
    user: { id: session.user.id, email: session.user.email ?? '' },
  };
};

/** Sessions of users; auth decides, this only speaks its language. */
export function createSignIn(databases: Databases) {
  return {
    async withPassword(email: string, password: string, source: RequestSource): Promise<Session> {
      const { data, error } = await databases.onBehalfOf(source).auth.signInWithPassword({ email, password });
      if (error !== null) throw problemOf(error);
      return toSession(data.session);
    },
    async refresh(refreshToken: string, source: RequestSource): Promise<Session> {
      const { auth } = databases.onBehalfOf(source);
      const { data, error } = await auth.refreshSession({ refresh_token: refreshToken });
      if (error !== null) throw problemOf(error);
      return toSession(data.session);
    },
    /** Makes a user whose address counts as confirmed, whether signing up is open or not; false when there is one. */
    async createUser(email: string, password: string): Promise<boolean> {
      const { error } = await databases.service.auth.admin.createUser({ email, password, email_confirm: true });
      if (error?.code === 'email_exists' || error?.code === 'user_already_exists') return false;
      if (error === null) return true;
      if (error.status !== 422 && error.status !== 400) throw problemOf(error);
      const refused = { code: error.code ?? 'user_refused', message: error.message };
      throw new ApiProblem(
        422,
        { ...refused, suggestion: 'Choose another password, then accept again.' },
        { cause: error },
      );
    },
    /** Ends the session of this token. */
    async out(accessToken: string): Promise<void> {
      const { error } = await databases.anonymous().auth.admin.signOut(accessToken, 'local');
      if (error !== null) throw problemOf(error);
    },
  };
}
export type SignIn = ReturnType<typeof createSignIn>;
