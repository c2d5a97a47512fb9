import type { Context } from 'hono';
import { looksLikeApplicationToken } from '../services/application-tokens.ts';
import type { AppEnv, Services } from './api.ts';
import { notSignedIn } from './problem.ts';

/** Finds out who is calling, from a user token or an application token, and gives the request the caller's database. */
export async function authenticate(services: Services, c: Context<AppEnv>): Promise<void> {
  const [, token] = /^Bearer\s+(\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
  if (token === undefined) throw notSignedIn('The request carries no token.');
  const source = c.get('source');
  if (looksLikeApplicationToken(token)) {
    const { accessToken, userId, email, tokenId, scope } = await services.applicationTokens.exchange(token);
    const db = services.databases.as(accessToken, source);
    c.set('caller', { userId, email, applicationTokenId: tokenId, tokenScope: scope, token: accessToken, db });
    return;
  }
  const claims = await services.verifyUserToken(token);
  if (claims.applicationTokenId !== null) services.applicationTokens.requireNotRefused(claims.applicationTokenId);
  c.set('caller', { ...claims, token, db: services.databases.as(token, source) });
}
