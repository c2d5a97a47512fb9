import { randomBytes } from 'node:crypto';
import { createWriteStream, renameSync, rmSync, statSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { resolveBaseDir } from '../../../stack/base-dir.ts';
import { asDiskFull } from '../../../stack/disk-full.ts';
import { makePassableDirectory } from '../../../stack/layout.ts';
import { openStack } from '../../../stack/stack.ts';
import { platformVersion } from '../../platform-version.ts';
import { type BundleManifest, loadImageBundle, runtimeFor, saveImageBundle } from '../../runtime.ts';
import { byteText } from './backup-view.ts';
import { type ImagesContext, rowsOf } from './images-list.ts';

/** Writes all images to one file, which has its name only when it is whole; `-` is stdout, where nothing else is said. */
export async function saveImages(file: string, context: ImagesContext): Promise<void> {
  const { output, signal } = context;
  const report = (message: string): void => output.info(message);
  await prepareNamed(context);
  const { manifest, bytes } = await saveImageBundle(await rowsOf(context), { signal, report });
  if (file === '-') return pipeline(Readable.from(bytes), process.stdout, { end: false });
  const path = resolve(file);
  report(`saving ${manifest.images.length} images to ${path}`);
  const partial = `${path}.${randomBytes(4).toString('hex')}.partial`;
  try {
    await pipeline(Readable.from(bytes), createWriteStream(partial, { flags: 'wx' }));
    await syncFile(partial);
    renameSync(partial, path);
    await syncFile(dirname(path));
  } catch (error) {
    rmSync(partial, { force: true });
    throw asDiskFull(error, path);
  }
  const size = statSync(path).size;
  output.result(
    { file: path, bytes: size, ...manifest },
    `${manifest.images.length} images of platform version ${manifest.platformVersion} (${manifest.os}/${manifest.architecture}) are in ${path}, ${byteText(size)}.\n`,
  );
  output.hint(`On the other machine: sfp server images load ${file}`);
}

/** Of a named stack everything is got first, the platform's own image built: what is saved is what its start would take. */
async function prepareNamed({ options: { tenant, baseDir }, output, signal }: ImagesContext): Promise<void> {
  if (tenant === undefined) return;
  const stack = openStack(resolveBaseDir(baseDir), tenant);
  if (stack.settings.runtime !== 'compose') return;
  await runtimeFor(stack).prepare(stack, { signal, report: (message) => output.info(message) });
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives a bundle to the engine; `-` is stdin, which is written to the base directory first, because it is read twice. */
export async function loadImages(file: string, { options, output, signal }: ImagesContext): Promise<void> {
  const baseDir = resolveBaseDir(options.baseDir);
  const load = (path: string): Promise<BundleManifest> =>
    loadImageBundle(path, baseDir, { signal, report: (message) => output.info(message) });
  const manifest = file === '-' ? await withStdin(baseDir, signal, load) : await load(resolve(file));
  const own = platformVersion();
  output.result(
    manifest,
    `The engine has the ${manifest.images.length} images of platform version ${manifest.platformVersion}.\n`,
  );
  output.hint(
    manifest.platformVersion === own
      ? `\`sfp server init\` and \`sfp server update\` of stacks in ${baseDir} use them and ask no registry.`
      : `They are for sfp ${manifest.platformVersion}; this is sfp ${own}, which has images of its own.`,
  );
}

async function withStdin<Result>(
  baseDir: string,
  signal: AbortSignal,
  use: (path: string) => Promise<Result>,
): Promise<Result> {
  makePassableDirectory(baseDir);
  const path = join(baseDir, `.bundle.${randomBytes(4).toString('hex')}.tar`);
  try {
    await pipeline(process.stdin, createWriteStream(path, { flags: 'wx' }), { signal });
    return await use(path);
  } catch (error) {
    throw asDiskFull(error, path);
  } finally {
    await rm(path, { force: true });
  }
}
