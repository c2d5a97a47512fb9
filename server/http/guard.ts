import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import { scopeCeiling, type TokenScope, tokenScopes } from '../../contracts/application-token.ts';
import { routeRule } from '../../contracts/permissions/routes.ts';
import { type Rule, tokenMay } from '../../contracts/permissions/rule.ts';
import type { AppEnv, Services } from './api.ts';
import { authenticate } from './authenticate.ts';
import { ApiProblem } from './problem.ts';

/** `/api/v1/projects/:idOrSlug` as the permission table writes it: `/projects/{idOrSlug}`. */
export const routeName = (path: string): string => path.replace(/^\/api\/v1/, '').replace(/:([A-Za-z]+)/g, '{$1}');

/** Lets through whom the permission table lets in: who needs no login, who has one, and which application tokens. Which role a person has only the database knows: RLS decides on that. */
export const guard = (services: Services) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const route = matchedRoutes(c).findLast(({ method }) => method !== 'ALL');
    if (route === undefined) return next();
    const rule = routeRule(route.method, routeName(route.path));
    if (rule === undefined)
      throw new Error(`${route.method} ${route.path} has no row in contracts/permissions/routes.ts`);
    // What nobody may by a login asks for something else, and checks it itself.
    if (rule.from === 'anon' || rule.from === 'nobody') return next();
    await authenticate(services, c);
    const { applicationTokenId, tokenScope } = c.get('caller');
    if (applicationTokenId !== null) requireToken(tokenScope, rule);
    return next();
  });

function requireToken(scope: TokenScope | null, rule: Rule): void {
  // What only people do fails with the widest scope too; a token that was exchanged before scopes is RLS's matter.
  if (tokenMay(scope ?? 'full', rule)) return;
  if (!rule.tokens) {
    throw new ApiProblem(403, {
      code: 'person_required',
      message: 'This is done by a person, not by an application token.',
      suggestion: 'Log in as a user: sfp login',
    });
  }
  const enough = tokenScopes.find((wider) => tokenMay(wider, rule)) ?? 'full';
  throw new ApiProblem(403, {
    code: 'token_scope',
    message: `The application token's scope ${scope} does not allow this.`,
    detail: scope === null ? '' : `It does what a ${scopeCeiling[scope]} may do.`,
    suggestion: `Make one with the scope ${enough}: sfp token create <name> --scope ${enough}`,
  });
}
