import { z } from 'zod';
import { imageNames } from '../stack/image-names.ts';

/** First entry of a bundle: what is in it. */
export const bundleManifestName = 'sfp-bundle.json';
/** Last entry: `<sha256>  <path>` of every entry before it, in order. */
export const bundleChecksumsName = 'sfp-checksums.txt';

const bundleImageSchema = z.strictObject({
  names: z.array(z.enum(imageNames)).min(1),
  /** Name and tag, as server.json and the lock call it. */
  image: z.string(),
  /** By which it is pinned; null when only the tag holds it. */
  digest: z.string().nullable(),
  /** What it is called in the archive, and in the engine once it is loaded. */
  tag: z.string(),
  /** The engine's id. */
  id: z.string(),
  /** Digests of its unpacked layers: the same whatever way the engine stores images. */
  layers: z.array(z.string()),
});
export type BundleImage = z.infer<typeof bundleImageSchema>;

export const bundleManifestSchema = z.strictObject({
  version: z.literal(1),
  platformVersion: z.string(),
  os: z.string(),
  architecture: z.string(),
  createdAt: z.iso.datetime(),
  images: z.array(bundleImageSchema).min(1),
});
export type BundleManifest = z.infer<typeof bundleManifestSchema>;

/**
 * A loaded image has no digest of a registry, so a reference with one would be pulled. It gets this tag instead: it says what
 * it is, nobody else gives it to anything, and no registry can answer for `localhost/`.
 */
export const loadedTag = (image: string, id: string): string => {
  const [path = image, tag = 'latest'] = splitTag(image);
  return `localhost/sfp/${path.replace(':', '-')}:${tag}-${id.replace(/^sha256:/, '').slice(0, 12)}`;
};

const splitTag = (image: string): [string, string] | [string] => {
  const at = image.lastIndexOf(':');
  return at > image.lastIndexOf('/') ? [image.slice(0, at), image.slice(at + 1)] : [image];
};
