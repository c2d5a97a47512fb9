import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { platformVersion } from '../cli/platform-version.ts';
import { makeStackDirectories, stackLayout } from '../stack/layout.ts';
import { exampleStack, externalEngineStack, fullStack } from '../test/compose/example-stack.ts';
import { installedFeatures, oldestFeatures } from './engine/engine-features.ts';
import { writeStackFiles } from './write-stack-files.ts';

const bases: string[] = [];
afterEach(() => {
  for (const base of bases.splice(0)) rmSync(base, { recursive: true, force: true });
});
function place() {
  const base = mkdtempSync(join(tmpdir(), 'sfp-compose-'));
  bases.push(base);
  const layout = stackLayout(base, 'acme');
  makeStackDirectories(layout);
  return layout;
}

it('writes the files once and for all: a second time the same bytes, the same root key, the override untouched', () => {
  const layout = place();
  const stack = { ...fullStack(), layout };
  const override = join(layout.dir, 'compose.override.yaml');
  writeFileSync(override, 'services: {}\n');
  const paths = writeStackFiles(stack, platformVersion(), oldestFeatures);
  const first = paths.map((path) => readFileSync(path, 'utf8'));
  expect(writeStackFiles(stack, platformVersion(), oldestFeatures)).toEqual(paths);
  expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual(first);
  expect(readFileSync(override, 'utf8')).toBe('services: {}\n');
  for (const path of [layout.vaultKeyFile, join(layout.dir, 'kong.yml'), join(layout.dir, 'env/db.env')]) {
    expect(statSync(path).mode & 0o777).toBe(0o600);
  }
});

it('removes what a stack no longer has', () => {
  const layout = place();
  writeStackFiles({ ...fullStack(), layout }, platformVersion(), oldestFeatures);
  expect(existsSync(join(layout.dir, 'env/hatchet.env'))).toBe(true);
  writeStackFiles({ ...externalEngineStack(), layout }, platformVersion(), oldestFeatures);
  expect(existsSync(join(layout.dir, 'env/hatchet.env'))).toBe(false);
  expect(existsSync(join(layout.dir, 'Caddyfile'))).toBe(false);
});

it('refuses a damaged root key instead of making another', () => {
  const layout = place();
  writeFileSync(layout.vaultKeyFile, 'not a key\n');
  expect(() => writeStackFiles({ ...exampleStack(), layout }, platformVersion(), oldestFeatures)).toThrow(
    /root key file is damaged/,
  );
  expect(readFileSync(layout.vaultKeyFile, 'utf8')).toBe('not a key\n');
});

it('makes no other root key in the place of one that is lost', () => {
  const layout = place();
  writeStackFiles({ ...exampleStack(), layout }, platformVersion(), oldestFeatures);
  rmSync(layout.vaultKeyFile);
  expect(() => writeStackFiles({ ...exampleStack(), layout }, platformVersion(), oldestFeatures)).toThrow(
    /root key file is missing/,
  );
  expect(existsSync(layout.vaultKeyFile)).toBe(false);
});

it('are the same again without the engine that they were made for', () => {
  const layout = place();
  const stack = { ...exampleStack(), layout };
  expect(installedFeatures(layout)).toEqual(oldestFeatures);
  for (const startInterval of [true, false]) {
    const paths = writeStackFiles(stack, platformVersion(), { startInterval });
    const first = paths.map((path) => readFileSync(path, 'utf8'));
    expect(installedFeatures(layout)).toEqual({ startInterval });
    writeStackFiles(stack, platformVersion(), installedFeatures(layout));
    expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual(first);
  }
});
