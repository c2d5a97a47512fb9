import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';

const main = new URL('../../main.ts', import.meta.url).pathname;
const bases: string[] = [];
afterEach(() => {
  for (const base of bases.splice(0)) rmSync(base, { recursive: true, force: true });
});
function newBase(): string {
  const base = mkdtempSync(join(tmpdir(), 'sfp-init-render-'));
  bases.push(base);
  return base;
}

/** The CLI with no engine to be found, whatever this machine has. */
const sfp = (base: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const env = { PATH: process.env.PATH, HOME: base, SFP_HOME: base, DOCKER_HOST: 'tcp://127.0.0.1:1' };
    const child = execFile(process.execPath, [main, 'server', ...args], { env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });

it('renders a whole stack without any engine, and prints no secret', async () => {
  const base = newBase();
  const args = ['init', '-t', 'acme', '--mode', 'prod', '--domain', 'deploy.acme.example', '--render-only', '--json'];
  const { code, stdout, stderr } = await sfp(base, ...args);
  expect(stderr).not.toMatch(/error/i);
  expect(code).toBe(0);
  const { url, dir, files } = z
    .object({ url: z.string(), dir: z.string(), files: z.array(z.string()) })
    .parse(JSON.parse(stdout));
  expect(url).toBe('https://deploy.acme.example');
  for (const file of files) expect(existsSync(file), file).toBe(true);
  expect(files).toEqual(
    expect.arrayContaining(['compose.yaml', 'kong.yml', 'Caddyfile'].map((name) => join(dir, name))),
  );
  const secrets = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(join(dir, 'secrets.json'), 'utf8')));
  const printed = Object.values(secrets).filter(
    (value) => typeof value === 'string' && `${stdout}${stderr}`.includes(value),
  );
  expect(printed).toEqual([]);
  const images = await sfp(base, 'images', '-t', 'acme', '--json');
  expect(images.code).toBe(0);
  expect(images.stdout).toContain('supabase/postgres');
});

it('says that no engine answers, and that a development stack has neither domain nor files', async () => {
  const base = newBase();
  const prod = await sfp(base, 'init', '-t', 'acme', '--mode', 'prod');
  expect([prod.code, prod.stderr]).toEqual([1, expect.stringContaining('preflight_failed')]);
  for (const args of [['--render-only'], ['--domain', 'a.example.com']]) {
    const refused = await sfp(base, 'init', '-t', 'acme', ...args);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--mode prod')]);
  }
  expect(existsSync(join(base, 'tenants', 'acme'))).toBe(false);
});

it('refuses what the stack cannot be, or was begun otherwise, and starts nothing', async () => {
  const base = newBase();
  for (const more of [[], ['--render-only']]) {
    const refused = await sfp(base, 'init', '-t', 'acme', '--mode', 'prod', '--domain', 'not a host', ...more);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('"not a host" is not a host name')]);
    expect(existsSync(join(base, 'tenants', 'acme', 'server.json'))).toBe(false);
  }
  const prod = ['init', '-t', 'acme', '--mode', 'prod', '--domain', 'deploy.acme.example'];
  expect((await sfp(base, ...prod, '--render-only')).code).toBe(0);
  const file = join(base, 'tenants', 'acme', 'server.json');
  const before = readFileSync(file, 'utf8');
  for (const [args, told] of [
    [['init', '-t', 'acme'], 'with mode prod, not dev'],
    [['init', '-t', 'acme', '--mode', 'prod', '--domain', 'other.acme.example'], 'with domain deploy.acme.example'],
    [['init', '-t', 'acme', '--mode', 'prod', '--signup', 'open'], 'with signup closed, not open'],
  ] as const) {
    const refused = await sfp(base, ...args);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('settings_differ')]);
    expect(refused.stderr).toContain(told);
  }
  expect(readFileSync(file, 'utf8')).toBe(before);
});
