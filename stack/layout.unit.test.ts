import { describe, expect, it } from 'vitest';
import { defaultBaseDir } from './base-dir.ts';
import { stackLayout } from './layout.ts';

describe('layout', () => {
  it('refuses names that could leave the base directory or are no names', () => {
    for (const name of ['..', '../x', 'a/b', '', 'a', 'Acme', '-a', 'a-', 'x'.repeat(41)]) {
      expect(() => stackLayout('/base', name), name).toThrow('not a tenant name');
    }
  });
  it('puts everything but the lock below the stack’s directory, so that removing it removes all', () => {
    const { lockFile, baseDir, tenant, ...paths } = stackLayout('/base', 'acme');
    for (const path of Object.values(paths)) expect(path).toMatch(/^\/base\/tenants\/acme/);
    expect([baseDir, tenant, lockFile]).toEqual(['/base', 'acme', '/base/tenants/.acme.lock']);
  });
  it('lives in SFP_HOME, else in the home directory, else for root where Postgres’ user can go', () => {
    expect(defaultBaseDir({ SFP_HOME: '/srv/sfp' }, 0)).toBe('/srv/sfp');
    expect(defaultBaseDir({}, 0)).toBe('/var/lib/sfp');
    expect(defaultBaseDir({}, 1000)).toMatch(/\.sfp$/);
  });
});
