import { describe, expect, it } from 'vitest';
import { routes } from './routes.ts';
import { actors, may, tokenMay } from './rule.ts';
import { tables } from './tables.ts';

describe('who may', () => {
  const who = (rule: Parameters<typeof may>[1]) => actors.filter((actor) => may(actor, rule));

  it('a role means it and the higher ones, a token’s scope the same, and the platform’s key', () => {
    expect(who(tables.projects.insert)).toEqual(['admin', 'owner', 'token:manage', 'token:full', 'service_role']);
    expect(who(tables.projects.select)).toEqual(actors.slice(2));
  });
  it('what only people do no token does', () => {
    expect(who(tables.accounts_memberships.insert)).toEqual(['admin', 'owner', 'service_role']);
    expect(tokenMay('full', routes['POST /invitations'])).toBe(false);
  });
  it('nobody means nobody, and everybody also who has no login', () => {
    expect(who(tables.audit_log.update)).toEqual([]);
    expect(who(tables.tasks.insert)).toEqual(['service_role']);
    expect(who(routes['GET /version'])).toEqual([...actors]);
    expect(who(routes['GET /me'])).toEqual(actors.slice(1, -1));
  });
});
