import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { SfpError } from '../contracts/error.ts';
import { docker } from './engine/docker-command.ts';
import { engine } from './engine/docker-engine.ts';
import {
  type BundleImage,
  type BundleManifest,
  bundleChecksumsName,
  bundleManifestName,
  bundleManifestSchema,
} from './image-bundle-manifest.ts';
import { damagedBundle, passTar, type TarEntry } from './image-bundle-tar.ts';
import { inspectImage } from './image-inspect.ts';
import { type LoadedImage, rememberLoaded } from './loaded-images.ts';

export interface LoadRequest {
  file: string;
  baseDir: string;
  signal: AbortSignal;
  report: (message: string) => void;
}

const engineVersionSchema = z.object({ Os: z.string(), Arch: z.string() });

/**
 * Reads the whole bundle first, then loads it, looks whether the engine has every image, and keeps what each pinned one is
 * called there. Loading again changes nothing.
 */
export async function loadBundle({ file, baseDir, signal, report }: LoadRequest): Promise<BundleManifest> {
  const { Os, Arch } = engineVersionSchema.parse(await engine((client) => client.version()));
  report(`checking ${file}`);
  const manifest = await verifiedBundle(file, ({ os, architecture }) => {
    if (os !== Os || architecture !== Arch) throw otherMachine(`${os}/${architecture}`, `${Os}/${Arch}`);
  });
  report(`loading ${manifest.images.length} images of platform version ${manifest.platformVersion}`);
  await docker({
    args: ['load', '--quiet', '--input', file],
    failure: 'The engine did not take the images.',
    signal,
  });
  const loaded: Record<string, LoadedImage> = {};
  for (const image of manifest.images) {
    await assertLoaded(image);
    if (image.digest !== null) loaded[image.image] = { reference: image.tag, digest: image.digest };
  }
  rememberLoaded(baseDir, loaded);
  return manifest;
}

/** Every byte is read; what `first` throws about the manifest is thrown before the rest is. */
async function verifiedBundle(file: string, first: (manifest: BundleManifest) => void): Promise<BundleManifest> {
  let manifest: BundleManifest | null = null;
  let checksums: string | null = null;
  const sums: string[] = [];
  const ended = ({ path, sha256, text }: TarEntry): void => {
    if (checksums !== null) throw damagedBundle(`${path} comes after the checksums`);
    if (manifest === null) {
      manifest = manifestOf(path, text);
      first(manifest);
    }
    if (path === bundleChecksumsName) checksums = text ?? '';
    else sums.push(`${sha256}  ${path}\n`);
  };
  const keep = (path: string): boolean => path === bundleManifestName || path === bundleChecksumsName;
  try {
    for await (const _chunk of passTar(createReadStream(file), { keep, ended }));
  } catch (error) {
    throw unreadable(file, error);
  }
  if (manifest === null || checksums !== sums.join('')) throw damagedBundle('its content does not have its checksums');
  return manifest;
}

function manifestOf(path: string, text: string | null): BundleManifest {
  if (path !== bundleManifestName || text === null) throw damagedBundle(`it does not begin with ${bundleManifestName}`);
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw damagedBundle(`${bundleManifestName} is not valid JSON`);
  }
  const parsed = bundleManifestSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw damagedBundle(`${bundleManifestName} does not have the expected content; a newer sfp may have made it`);
}

async function assertLoaded({ tag, layers }: BundleImage): Promise<void> {
  const image = await inspectImage(tag);
  if (image !== null && image.layers.join() === layers.join()) return;
  throw new SfpError({
    code: 'image_not_loaded',
    message: `The engine took the bundle but ${image === null ? 'does not have' : 'has something else as'} ${tag}.`,
    suggestion: 'Load it again; if it goes on like this, look at the log of the engine (journalctl -u docker).',
  });
}

const otherMachine = (bundle: string, engineHas: string): SfpError =>
  new SfpError({
    code: 'bundle_other_platform',
    message: `The bundle holds images for ${bundle}; this engine runs ${engineHas}.`,
    suggestion: `Make a bundle on a ${engineHas} machine with \`sfp server images save <file>\`. Nothing was loaded.`,
  });

function unreadable(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || error instanceof SfpError) return error;
  return new SfpError(
    {
      code: 'bundle_unreadable',
      message: `${file} cannot be read.`,
      detail: error.message,
      suggestion: 'Name the file that `sfp server images save <file>` wrote.',
    },
    { cause: error },
  );
}
