import { createHash } from 'node:crypto';
import { SfpError } from '../contracts/error.ts';
import { docker, dockerOutput } from './engine/docker-command.ts';
import {
  type BundleImage,
  type BundleManifest,
  bundleChecksumsName,
  bundleManifestName,
  loadedTag,
} from './image-bundle-manifest.ts';
import { passTar, tarEnd, tarFile } from './image-bundle-tar.ts';
import { inspectImage, type LocalImage } from './image-inspect.ts';
import type { ImageRow } from './images.ts';

export interface SaveRequest {
  platformVersion: string;
  rows: readonly ImageRow[];
  signal: AbortSignal;
  report: (message: string) => void;
}

export interface SavedBundle {
  manifest: BundleManifest;
  /** The archive, made while it is read. */
  bytes: AsyncGenerator<Uint8Array>;
}

/** Gets what is missing, and makes an archive of all images: `docker load` takes it too. */
export async function saveBundle(request: SaveRequest): Promise<SavedBundle> {
  const { rows, platformVersion } = request;
  const found = new Map<string, { row: ImageRow; image: LocalImage; names: ImageRow['name'][] }>();
  for (const row of rows) {
    const known = found.get(row.reference);
    if (known !== undefined) known.names.push(row.name);
    else found.set(row.reference, { row, image: await present(row, request), names: [row.name] });
  }
  const images = [...found.values()].map(({ row, image, names }): BundleImage => {
    const { digest } = row;
    const tag = digest === null ? row.image : loadedTag(row.image, image.id);
    return { names, image: row.image, digest, tag, id: image.id, layers: [...image.layers] };
  });
  const [{ image: first } = { image: null }] = found.values();
  if (first === null) throw new Error('a stack without images');
  const other = [...found.values()].find(
    ({ image }) => image.architecture !== first.architecture || image.os !== first.os,
  );
  if (other !== undefined) throw mixed(first, other.image, other.row.image);
  const { os, architecture } = first;
  const createdAt = new Date().toISOString();
  const manifest: BundleManifest = { version: 1, platformVersion, os, architecture, createdAt, images };
  return { manifest, bytes: bundleBytes(manifest, request.signal) };
}

async function present(row: ImageRow, { signal, report }: SaveRequest): Promise<LocalImage> {
  const image = await inspectImage(row.reference);
  if (image !== null) return image;
  if (row.name === 'platform' && !row.overridden) {
    throw new SfpError({
      code: 'image_missing',
      message: `${row.image} is not on this engine: it is built here, not pulled.`,
      suggestion:
        'Name a stack of containers with --tenant: its image is built then. `sfp server init --mode prod` builds it too.',
    });
  }
  report(`pulling ${row.reference}`);
  await docker({ args: ['pull', '--quiet', row.reference], failure: `${row.reference} could not be pulled.`, signal });
  const pulled = await inspectImage(row.reference);
  if (pulled === null) throw new Error(`${row.reference} is not there after its pull`);
  return pulled;
}

async function* bundleBytes(manifest: BundleManifest, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const given = manifest.images.filter(({ tag, image }) => tag !== image);
  try {
    for (const { id, tag } of given) {
      await docker({ args: ['tag', id, tag], failure: `${tag} could not be named.`, signal });
    }
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    const sums = [`${createHash('sha256').update(text).digest('hex')}  ${bundleManifestName}`];
    yield tarFile(bundleManifestName, text);
    const saved = dockerOutput({
      args: ['save', ...manifest.images.map(({ tag }) => tag)],
      failure: 'The images could not be saved.',
      signal,
    });
    yield* passTar(saved, {
      keep: () => false,
      ended: ({ path, sha256 }) => void sums.push(`${sha256}  ${path}`),
    });
    yield tarFile(bundleChecksumsName, `${sums.join('\n')}\n`);
    yield tarEnd();
  } finally {
    await forget(given);
  }
}

/** Takes the names away that were given for the archive; each image keeps the one that it had. */
async function forget(images: readonly BundleImage[]): Promise<void> {
  for (const { tag, id } of images) {
    const image = await inspectImage(tag);
    // The only name of an image would take the image along: it was loaded here and is known by that name.
    if (image === null || image.id !== id || image.references.length < 2) continue;
    await docker({ args: ['image', 'rm', '--no-prune', tag], failure: `${tag} could not be removed.` });
  }
}

const mixed = (one: LocalImage, other: LocalImage, name: string): SfpError =>
  new SfpError({
    code: 'image_platform_mixed',
    message: `The images are not all for one kind of machine: ${name} is for ${other.os}/${other.architecture}, others for ${one.os}/${one.architecture}.`,
    suggestion: `Remove it from this engine (docker image rm ${name}) and save again.`,
  });
