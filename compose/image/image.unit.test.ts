import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fullStack, vaultRootKey } from '../../test/compose/example-stack.ts';
import { serviceContext } from '../context.ts';
import { servicesOf } from '../service-table.ts';

const read = (name: string): string => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
const root = new URL('../../', import.meta.url).pathname;

it('is made from rooms that exist, and ends as a user that is not root', () => {
  const dockerfile = read('Dockerfile');
  const copied = [...dockerfile.matchAll(/COPY --from=build \/build\/(?:dist\/)?(\S+)/g)].flatMap(
    ([, path]) => path ?? [],
  );
  expect(copied).toHaveLength(7);
  for (const path of copied) expect(existsSync(join(root, path)), path).toBe(true);
  expect(dockerfile.match(/^USER .*$/gm)).toEqual(['USER 10001:10001']);
  expect(dockerfile).toMatch(/^ENTRYPOINT \["\/usr\/bin\/tini", /m);
  expect(dockerfile).not.toMatch(/^(ARG|ENV) .*(SECRET|PASSWORD|TOKEN|KEY)/m);
});

it('has every program that a service of ours runs', () => {
  const ours = servicesOf(serviceContext(fullStack(), vaultRootKey)).filter(({ image }) => image === 'platform');
  expect(ours.map(({ name }) => name)).toEqual(['supabase-migrations', 'api', 'worker-standard', 'worker-long']);
  for (const { command = [] } of ours) {
    const program = command.find((word) => word.startsWith('dist/'));
    expect(existsSync(join(root, (program ?? '').replace('dist/', '').replace('.js', '.ts'))), program).toBe(true);
  }
});

it('puts the token of the file into the variable, and leaves a given one alone', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sfp-entry-'));
  try {
    const file = join(dir, 'token');
    writeFileSync(file, 'from-file\n');
    const run = (env: Record<string, string>) =>
      execFileSync('sh', [new URL('./entrypoint', import.meta.url).pathname, 'printenv', 'HATCHET_CLIENT_TOKEN'], {
        env: { PATH: process.env.PATH, ...env },
        encoding: 'utf8',
        stdio: 'pipe',
      }).trim();
    expect(run({ HATCHET_CLIENT_TOKEN_FILE: file })).toBe('from-file');
    expect(run({ HATCHET_CLIENT_TOKEN: 'given' })).toBe('given');
    expect(() => run({ HATCHET_CLIENT_TOKEN_FILE: join(dir, 'missing') })).toThrow();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
