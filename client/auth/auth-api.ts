import type { z } from 'zod';
import type { Session } from '../../contracts/api/auth.ts';
import { type loginCodeExchangeSchema, sessionSchema, tokenExchangeSchema } from '../../contracts/api/auth.ts';
import type { HttpOptions } from '../api/http.ts';
import { createHttp } from '../api/http.ts';

/** The requests that need no credentials because they make them. */
export interface AuthApi {
  login(email: string, password: string): Promise<Session>;
  refresh(refreshToken: string): Promise<Session>;
  /** The session of a login through a browser, once. */
  exchangeLoginCode(body: z.input<typeof loginCodeExchangeSchema>): Promise<Session>;
  /** Accepts an invitation as somebody new: makes the user with this password. */
  signUpInvited(code: string, password: string): Promise<Session>;
  exchange(applicationToken: string): Promise<z.infer<typeof tokenExchangeSchema>>;
}

export function createAuthApi(options: Omit<HttpOptions, 'credentials'>): AuthApi {
  const http = createHttp(options);
  return {
    login: (email, password) =>
      http({ method: 'POST', path: '/auth/login', body: { email, password }, answer: sessionSchema }),
    refresh: (refreshToken) =>
      http({ method: 'POST', path: '/auth/refresh', body: { refreshToken }, answer: sessionSchema }),
    exchangeLoginCode: (body) => http({ method: 'POST', path: '/auth/code', body, answer: sessionSchema }),
    signUpInvited: (code, password) =>
      http({ method: 'POST', path: '/invitations/sign-up', body: { code, password }, answer: sessionSchema }),
    exchange: (token) => http({ method: 'POST', path: '/auth/token', body: { token }, answer: tokenExchangeSchema }),
  };
}
