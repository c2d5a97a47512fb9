import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { platformVersion } from '../cli/platform-version.ts';
import { type ImageName, imageNames } from '../stack/image-names.ts';
import { makeStackDirectories, stackLayout } from '../stack/layout.ts';
import { type Registry, startRegistry } from '../test/support/registry.ts';
import { imageReferences } from './images.ts';
import { rememberLoaded } from './loaded-images.ts';
import { lockStackImages, stackDigests } from './stack-lock.ts';

let registry: Registry;
let base: string;

/** Every image from the registry of this test. */
const overrides = (more: Partial<Record<ImageName, string>> = {}): Record<ImageName, string> => ({
  ...(Object.fromEntries(imageNames.map((name) => [name, `${registry.host}/sfp/${name}:1.0`])) as Record<
    ImageName,
    string
  >),
  ...more,
});
const lock = (images: Partial<Record<ImageName, string>>) =>
  lockStackImages({
    layout: stackLayout(base, 'acme'),
    platformVersion: platformVersion(),
    overrides: images,
    signal: new AbortController().signal,
    report: () => undefined,
  });
const references = (images = overrides()) =>
  imageReferences(platformVersion(), images, stackDigests(stackLayout(base, 'acme')));

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'sfp-lock-'));
  makeStackDirectories(stackLayout(base, 'acme'));
  registry = await startRegistry();
  for (const name of imageNames) registry.push(`sfp/${name}`, '1.0', name);
});
afterEach(async () => {
  await registry.close();
  rmSync(base, { recursive: true, force: true });
});

it('asks the registry for every image, and what is rendered afterwards is pinned by digest', async () => {
  const rows = await lock(overrides());
  expect(rows.filter(({ verified }) => !verified)).toEqual([]);
  for (const row of rows) expect(references()[row.name]).toBe(`${row.image}@${row.digest}`);
  expect(new Set(rows.map(({ digest }) => digest)).size).toBe(imageNames.length);
});

it('does not ask for what the operator pinned', async () => {
  registry.remove('sfp/db', '1.0');
  const own = `${registry.host}/sfp/db:1.0@sha256:${'1'.repeat(64)}`;
  const rows = await lock(overrides({ db: own }));
  expect(rows.find(({ name }) => name === 'db')).toMatchObject({ reference: own, verified: false });
});

it('changes nothing when one image is not there, or the registry is not', async () => {
  registry.remove('sfp/rest', '1.0');
  await expect(lock(overrides())).rejects.toMatchObject({ code: 'registry_refused' });
  await expect(lock(overrides({ db: '127.0.0.1:1/sfp/db:1.0' }))).rejects.toMatchObject({
    code: 'registry_unreachable',
  });
  expect(existsSync(join(stackLayout(base, 'acme').dir, 'images.lock.json'))).toBe(false);
});

it('keeps what it pinned when the tag is moved, until it is asked again', async () => {
  const before = (await lock(overrides())).find(({ name }) => name === 'rest')?.reference;
  const moved = registry.push('sfp/rest', '1.0', 'another image under the same tag');
  expect(references().rest).toBe(before);
  await lock(overrides());
  expect(references().rest).toBe(`${registry.host}/sfp/rest:1.0@${moved}`);
});

it('takes a loaded image in the place of the digest that it stands for, and of no other', async () => {
  const rows = await lock(overrides());
  const rest = rows.find(({ name }) => name === 'rest');
  if (rest?.digest == null) throw new Error('rest was not locked');
  rememberLoaded(base, { [rest.image]: { reference: 'localhost/sfp/rest:1.0-abc', digest: rest.digest } });
  expect(references().rest).toBe('localhost/sfp/rest:1.0-abc');
  rememberLoaded(base, {
    [rest.image]: { reference: 'localhost/sfp/rest:1.0-def', digest: `sha256:${'0'.repeat(64)}` },
  });
  expect(references().rest).toBe(rest.reference);
});
