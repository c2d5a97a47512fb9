import { createMiddleware } from 'hono/factory';
import { looksLikeApplicationToken } from '../services/application-tokens.ts';
import type { AppEnv, Services } from './api.ts';
import { notSignedIn } from './problem.ts';

/** Finds out who is calling, from a user token or an application token, and gives the request the caller's database. */
export const authenticate = (services: Services) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const [, token] = /^Bearer\s+(\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
    if (token === undefined) throw notSignedIn('The request carries no token.');
    const source = c.get('source');
    if (looksLikeApplicationToken(token)) {
      const { accessToken, userId, email, tokenId } = await services.applicationTokens.exchange(token);
      const db = services.databases.as(accessToken, source);
      c.set('caller', { userId, email, applicationTokenId: tokenId, token: accessToken, db });
    } else {
      const claims = await services.verifyUserToken(token);
      if (claims.applicationTokenId !== null) services.applicationTokens.requireNotRefused(claims.applicationTokenId);
      c.set('caller', { ...claims, token, db: services.databases.as(token, source) });
    }
    await next();
  });
