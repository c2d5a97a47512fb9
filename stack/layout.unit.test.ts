import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultBaseDir } from './base-dir.ts';
import { makeStackDirectories, stackLayout } from './layout.ts';

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

it('leaves the way to data and sockets passable, whatever the umask', () => {
  const baseDir = mkdtempSync(join(tmpdir(), 'sfp-layout-'));
  const layout = stackLayout(baseDir, 'acme');
  const mask = process.umask(0o077);
  try {
    makeStackDirectories(layout);
    for (const dir of [baseDir, layout.dir, layout.dataDir, layout.runDir]) {
      expect(statSync(dir).mode & 0o777, dir).toBe(0o711);
    }
  } finally {
    process.umask(mask);
    rmSync(baseDir, { recursive: true, force: true });
  }
});
