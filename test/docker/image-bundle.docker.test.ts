import { execFile } from 'node:child_process';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { platformVersion } from '../../cli/platform-version.ts';
import { loadBundle } from '../../compose/image-bundle-load.ts';
import { saveBundle } from '../../compose/image-bundle-save.ts';
import { inspectImage } from '../../compose/image-inspect.ts';
import { type ImageRow, imageRows } from '../../compose/images.ts';
import { loadedImages } from '../../compose/loaded-images.ts';
import { type ImageName, imageNames } from '../../stack/image-names.ts';
import { type Registry, startRegistry } from '../support/registry.ts';

const docker = promisify(execFile);
let dir: string;
let registry: Registry;
let overrides: Record<ImageName, string>;
const signal = new AbortController().signal;
const report = (): void => undefined;

const rows = (): ImageRow[] => imageRows(platformVersion(), overrides, loadedImages(dir));

/** Removes every image that a test may have left in the engine. */
async function forgetImages(): Promise<void> {
  const { stdout } = await docker('docker', [
    'image',
    'ls',
    '--format',
    '{{.Repository}}:{{.Tag}}@{{.Digest}}',
    '--digests',
  ]);
  const names = stdout
    .split('\n')
    .filter((line) => line.includes(registry.host) || line.includes(registry.host.replace(':', '-')));
  for (const name of names) {
    const [tagged = '', digest = ''] = name.split('@');
    const reference = tagged.endsWith(':<none>') ? `${tagged.replace(':<none>', '')}@${digest}` : tagged;
    await docker('docker', ['image', 'rm', '--force', reference]);
  }
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sfp-bundle-'));
  registry = await startRegistry();
  // Pinned by digest, as a released version is; the platform's own image is known by its tag alone.
  overrides = Object.fromEntries(
    imageNames.map((name) => {
      const digest = registry.push(`sfp/${name}`, '1.0', `${name} of ${registry.host}`);
      return [name, `${registry.host}/sfp/${name}:1.0${name === 'platform' ? '' : `@${digest}`}`];
    }),
  ) as Record<ImageName, string>;
});
afterEach(async () => {
  await forgetImages();
  await registry.close();
  await rm(dir, { recursive: true, force: true });
});

async function save(): Promise<string> {
  const file = join(dir, 'bundle.tar');
  const { bytes } = await saveBundle({ platformVersion: platformVersion(), rows: rows(), signal, report });
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  writeFileSync(file, Buffer.concat(chunks));
  return file;
}
const load = (file: string) => loadBundle({ file, baseDir: dir, signal, report });

it('takes every image to an engine that has none, where all of them are used without a registry', async () => {
  const file = await save();
  await forgetImages();
  const asked = registry.served.length;
  const before = rows();
  for (const { reference } of before) expect(await inspectImage(reference)).toBeNull();

  const { images } = await load(file);
  expect(images.flatMap(({ names }) => names).sort()).toEqual([...imageNames].sort());
  const after = rows();
  for (const [index, row] of after.entries()) {
    const image = await inspectImage(row.reference);
    expect(image?.id, row.name).toBe(images.find(({ names }) => names.includes(row.name))?.id);
    expect(row.digest).toBe(before[index]?.digest);
    expect(row.reference.includes('@')).toBe(false);
    // What Compose does with the reference: a container is made of it, and nobody is asked.
    const { stdout: id } = await docker('docker', ['create', '--pull', 'never', row.reference]);
    await docker('docker', ['rm', id.trim()]);
  }
  expect(registry.served.length).toBe(asked);
});

it('leaves no name of its own in the engine that saved, and can be loaded and saved again there', async () => {
  const file = await save();
  const named = async (): Promise<string[]> =>
    (await docker('docker', ['image', 'ls', '--format', '{{.Repository}}'])).stdout
      .split('\n')
      .filter((name) => name.startsWith(`localhost/sfp/${registry.host.replace(':', '-')}`));
  expect(await named()).toEqual([]);
  await load(file);
  await load(file);
  await forgetImages();
  await load(file);
  const again = await save();
  expect((await named()).length).toBe(imageNames.length - 1);
  expect((await load(again)).images).toHaveLength(imageNames.length);
});

it('loads nothing of a file that was cut off, changed, or is something else', async () => {
  const file = await save();
  await forgetImages();
  const whole = readFileSync(file);
  const changed = Buffer.from(whole);
  const at = whole.indexOf(`db of ${registry.host}`);
  expect(at).toBeGreaterThan(0);
  changed.write('DB', at);
  writeFileSync(file, changed);
  await expect(load(file)).rejects.toMatchObject({ code: 'bundle_damaged' });
  writeFileSync(file, whole);
  truncateSync(file, Math.floor(whole.length / 2));
  await expect(load(file)).rejects.toMatchObject({ code: 'bundle_damaged' });
  writeFileSync(file, 'not a bundle');
  await expect(load(file)).rejects.toMatchObject({ code: 'bundle_damaged' });
  await expect(load(join(dir, 'missing.tar'))).rejects.toMatchObject({ code: 'bundle_unreadable' });
  for (const { reference } of rows()) expect(await inspectImage(reference)).toBeNull();
  expect(loadedImages(dir)).toEqual({});
});

it('refuses images for another kind of machine before it reads them', async () => {
  const other = process.arch === 'arm64' ? 'amd64' : 'arm64';
  for (const name of imageNames) {
    const digest = registry.push(`sfp/${name}`, '1.0', `${name} ${other}`, other);
    overrides[name] = `${registry.host}/sfp/${name}:1.0@${digest}`;
  }
  const file = await save();
  await expect(load(file)).rejects.toMatchObject({ code: 'bundle_other_platform' });
});

it('says which image cannot be had', async () => {
  registry.remove('sfp/platform', '1.0');
  await expect(save()).rejects.toMatchObject({
    code: 'docker_failed',
    message: `${registry.host}/sfp/platform:1.0 could not be pulled.`,
  });
});
