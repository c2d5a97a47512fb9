import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { resolveBaseDir } from './base-dir.ts';
import { baseDirCommand, serverCommand } from './server-command.ts';

it('names the tenant, and the base directory only where it is not the default', () => {
  const baseDir = resolveBaseDir(undefined);
  expect(serverCommand({ tenant: 'acme', baseDir }, 'start')).toBe('sfp server start --tenant acme');
  expect(serverCommand({ tenant: 'acme', baseDir: '/srv/sfp' }, 'logs', '--service', 'api')).toBe(
    'sfp server logs --tenant acme --base-dir /srv/sfp --service api',
  );
  expect(baseDirCommand(baseDir, 'server list')).toBe('sfp server list');
});

it('quotes a directory as a shell reads it', () => {
  const baseDir = "/srv/it's $HOME";
  const command = serverCommand({ tenant: 'acme', baseDir }, 'stop');
  const words = execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' }).split('\n');
  expect(words).toContain(baseDir);
});
