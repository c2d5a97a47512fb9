import { describe, expect, test } from 'vitest';
import { findRoute, normalizePath } from './match.ts';

describe('normalizePath', () => {
  test.each([
    ['/rest/v1/things', '/rest/v1/things'],
    ['/rest//v1///things', '/rest/v1/things'],
    ['/rest/v1/./things/../', '/rest/v1/'],
    ['/rest/v1/%2e%2e/v1/', '/rest/v1/'],
    ['/%72est/v1/', '/rest/v1/'],
    ['/rest/v1/a%2Fb%20c', '/rest/v1/a%2Fb%20c'],
    ['/../../etc', '/etc'],
    ['/', '/'],
    ['/rest/v1/..', '/rest/'],
  ])('%s is %s', (path, expected) => {
    expect(normalizePath(path)).toBe(expected);
  });

  test.each(['', 'http://host/rest/v1/', '*', '/rest\\v1/', '/rest/v1/#x'])('%s is no path', (path) => {
    expect(normalizePath(path)).toBeUndefined();
  });
});

describe('findRoute', () => {
  test.each([
    ['/auth/v1/verify', 'auth-open', '/verify'],
    ['/auth/v1/verify/x', 'auth', '/verify/x'],
    ['/auth/v1/verifyx', 'auth', '/verifyx'],
    ['/auth/v1/token', 'auth', '/token'],
    ['/auth/v1', 'auth', '/'],
    ['/rest/v1', 'rest-root', '/'],
    ['/rest/v1/', 'rest-root', '/'],
    ['/rest/v1/things', 'rest', '/things'],
    ['/realtime/v1/websocket', 'realtime', '/socket/websocket'],
    ['/realtime/v1/api/broadcast', 'realtime-api', '/api/broadcast'],
    ['/realtime/v1/api/tenants/x/health', 'realtime-closed', '/realtime/v1/api/tenants/x/health'],
    ['/realtime/v1/api/openapi', 'realtime-closed', '/realtime/v1/api/openapi'],
    ['/api/v1/health', 'api', '/api/v1/health'],
  ])('%s takes %s to %s', (path, name, upstreamPath) => {
    const match = findRoute(path);
    expect([match?.route.name, match?.upstreamPath]).toEqual([name, upstreamPath]);
  });

  test.each(['/', '/rest/v2/things', '/authx/v1/token', '/graphql/v1', '/health'])('%s has no route', (path) => {
    expect(findRoute(path)).toBeUndefined();
  });

  test.each(['/rest/v1//', '/rest/v1/./', '/rest/v1/x/..', '/rest/v1/%2e/', '/rest/%76%31/'])(
    'no spelling of the root gets around its guard: %s',
    (path) => {
      expect(findRoute(normalizePath(path) ?? '')?.route.name).toBe('rest-root');
    },
  );
});
