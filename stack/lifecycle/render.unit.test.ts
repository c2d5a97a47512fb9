import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { readJournal } from '../journal.ts';
import type { ServerSettings } from '../server-settings.ts';
import { type RenderOptions, renderStack } from './render.ts';

const bases: string[] = [];
afterEach(() => {
  for (const base of bases.splice(0)) rmSync(base, { recursive: true, force: true });
});
function options(more: Partial<RenderOptions> = {}): RenderOptions {
  const baseDir = mkdtempSync(join(tmpdir(), 'sfp-render-'));
  bases.push(baseDir);
  const progress = { step: () => undefined, info: () => undefined };
  const runtime: { name: ServerSettings['runtime'] } = { name: 'compose' };
  return {
    baseDir,
    tenant: 'acme',
    mode: 'prod',
    runtime,
    write: async ({ settings }) => [`${settings.tenant}.yaml`],
    progress,
    ...more,
  };
}

it('makes settings and secrets, hands them to the writer, and keeps both when it runs again', async () => {
  const chosen = options({ domain: 'deploy.acme.example' });
  const first = await renderStack(chosen);
  expect(first.files).toEqual(['acme.yaml']);
  expect(first.stack.settings).toMatchObject({ mode: 'prod', runtime: 'compose', domain: 'deploy.acme.example' });
  expect(statSync(first.stack.layout.secretsFile).mode & 0o777).toBe(0o600);
  const secrets = readFileSync(first.stack.layout.secretsFile, 'utf8');
  const second = await renderStack(chosen);
  expect(second.stack.settings).toEqual(first.stack.settings);
  expect(readFileSync(first.stack.layout.secretsFile, 'utf8')).toBe(secrets);
  expect(readJournal(first.stack.layout.journalFile).map(({ step, result }) => `${step} ${result}`)).toContain(
    'render done',
  );
});

it('refuses what is no domain before anything is written', async () => {
  for (const domain of ['https://acme.example', 'localhost', 'Acme.example', 'acme..example', '-a.example']) {
    const chosen = options({ domain });
    await expect(renderStack(chosen)).rejects.toMatchObject({ code: 'usage' });
    expect(existsSync(join(chosen.baseDir, 'tenants', 'acme'))).toBe(false);
  }
});

it('refuses to write over a stack of another runtime, or with another domain', async () => {
  const embedded = options({ runtime: { name: 'embedded' }, mode: 'dev' });
  await renderStack(embedded);
  await expect(renderStack({ ...embedded, runtime: { name: 'compose' } })).rejects.toMatchObject({
    code: 'settings_differ',
  });
  const compose = options({ domain: 'one.acme.example' });
  await renderStack(compose);
  await expect(renderStack({ ...compose, domain: 'two.acme.example' })).rejects.toMatchObject({
    code: 'settings_differ',
  });
});
