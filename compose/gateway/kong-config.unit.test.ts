import { describe, expect, it } from 'vitest';
import { routes as embeddedRoutes } from '../../embedded/gateway/routes.ts';
import { fullStack, vaultRootKey } from '../../test/compose/example-stack.ts';
import { serviceContext } from '../context.ts';
import { gatewayRoutes } from './gateway-routes.ts';
import { kongConfig } from './kong-config.ts';

const context = serviceContext(fullStack(), vaultRootKey);
const config = kongConfig(context);

describe('Kong', () => {
  it('has the guards of the embedded gateway, in the same order', () => {
    const guard = (route: (typeof embeddedRoutes)[number]['guard']) =>
      'open' in route ? 'open' : 'closed' in route ? 'closed' : route.keys.includes('anon') ? 'any-key' : 'admin-key';
    const trimmed = (path: string) => path.replace(/\/$/, '');
    expect(gatewayRoutes.map(({ path, upstream, guard: own }) => [trimmed(path), upstream, own])).toEqual(
      embeddedRoutes.map((route) => [route.path, route.upstream, guard(route.guard)]),
    );
  });

  it('tries routes in the order of the table and closes what is closed', () => {
    const priorities = config.services.map(({ routes }) => routes[0]?.priority ?? 0);
    expect(priorities).toEqual([...priorities].sort((one, other) => other - one));
    const closed = config.services.filter(({ plugins }) => plugins[0]?.name === 'request-termination');
    expect(closed.map(({ routes }) => routes[0]?.expression)).toEqual([
      'http.path ^= "/realtime/v1/api/tenants"',
      'http.path ^= "/realtime/v1/api/openapi"',
    ]);
  });

  it('asks for a key wherever the route is not open, and lets only administrators see the schema', () => {
    const guarded = Object.fromEntries(
      config.services.map(({ name, plugins }) => [name, plugins.find((plugin) => plugin.name === 'acl')?.config]),
    );
    expect(guarded['rest-root']).toMatchObject({ allow: ['admin'] });
    for (const name of ['auth', 'rest', 'realtime', 'realtime-api']) {
      expect(guarded[name]).toMatchObject({ allow: ['admin', 'anon'] });
    }
    expect(guarded.api).toBeUndefined();
  });

  it('puts JWTs in the place of opaque keys, on every guarded route', () => {
    const { secrets } = context;
    const guarded = config.services.filter(({ plugins }) => plugins.some(({ name }) => name === 'key-auth'));
    expect(guarded.length).toBeGreaterThan(3);
    for (const { plugins } of guarded) {
      const text = JSON.stringify(plugins.find(({ name }) => name === 'request-transformer'));
      expect(text).toContain(`== '${secrets.secretKey}' and 'Bearer ${secrets.serviceRoleToken}'`);
      expect(text).toContain(`== '${secrets.publishableKey}' and 'Bearer ${secrets.anonToken}'`);
      expect(plugins.map(({ name }) => name)).toEqual(['key-auth', 'acl', 'request-transformer']);
    }
    expect(config.consumers.map(({ keyauth_credentials: keys }) => keys.map(({ key }) => key))).toEqual([
      [secrets.anonKey, secrets.publishableKey],
      [secrets.serviceRoleKey, secrets.secretKey],
    ]);
  });
});
