import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SfpError } from '../contracts/error.ts';
import { type ImageName, imageNames } from '../stack/image-names.ts';
import type { LoadedImage } from './loaded-images.ts';

const pinSchema = z.strictObject({
  /** Name and tag. */
  image: z.string().regex(/^[a-z0-9][a-z0-9./-]*:[\w][\w.-]*$/),
  /** Null while nobody has asked a registry: then only the tag holds the image. */
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .nullable(),
  /** True when the digest was read from the registry itself. */
  verified: z.boolean(),
  /** Where tag and digest are from. */
  source: z.string(),
});
const lockSchema = z.record(z.string(), z.record(z.enum(imageNames), pinSchema));
type ImagePin = z.infer<typeof pinSchema>;
type ImageOverrides = Partial<Record<ImageName, string>> | undefined;
/** By name and tag: the digest that a registry told, or the image that was loaded from a bundle in its place. */
export type StackDigests = Readonly<Record<string, string | LoadedImage>>;

const lock = (): z.infer<typeof lockSchema> =>
  lockSchema.parse(JSON.parse(readFileSync(new URL('./images.lock.json', import.meta.url), 'utf8')));

/** images.lock.json: every image of a platform version. */
function imagePins(platformVersion: string): Record<ImageName, ImagePin> {
  const pins = lock()[platformVersion];
  if (pins !== undefined) return pins;
  throw new SfpError({
    code: 'images_not_locked',
    message: `No images are locked for platform version ${platformVersion}.`,
    suggestion: 'This is a defect of the build: compose/images.lock.json has no entry for its own version.',
  });
}

export interface ImageRow extends ImagePin {
  name: ImageName;
  /** What containers are made from. */
  reference: string;
  /** True when server.json names it. */
  overridden: boolean;
}

/** Every image of a stack: the lock's, or the one that server.json names in its place, each with what is known of it. */
export function imageRows(platformVersion: string, overrides: ImageOverrides, digests: StackDigests): ImageRow[] {
  const pins = imagePins(platformVersion);
  return imageNames.map((name) => {
    const override = overrides?.[name];
    const pin = override === undefined ? pins[name] : overridePin(override);
    const told = digests[pin.image];
    const row = { ...pin, name, reference: reference(pin), overridden: override !== undefined };
    if (typeof told === 'object') {
      // A bundle made with another digest is not what is asked for; one without a pin is held by what was loaded.
      if (pin.digest !== null && pin.digest !== told.digest) return row;
      return { ...row, digest: told.digest, reference: told.reference, source: `${pin.source}; loaded from a bundle` };
    }
    if (told === undefined || (pin.digest !== null && pin.digest !== told)) return row;
    const known = { ...row, digest: told };
    return {
      ...known,
      reference: reference(known),
      verified: true,
      source: `${pin.source}; digest asked at the registry`,
    };
  });
}

function overridePin(override: string): ImagePin {
  const [image = override, digest = null] = override.split('@');
  return { image, digest, verified: false, source: 'server.json' };
}

const reference = ({ image, digest }: Pick<ImagePin, 'image' | 'digest'>): string =>
  digest === null ? image : `${image}@${digest}`;

/** What each image is called by in compose.yaml. */
export const imageReferences = (...of: Parameters<typeof imageRows>): Record<ImageName, string> =>
  Object.fromEntries(imageRows(...of).map((row) => [row.name, row.reference])) as Record<ImageName, string>;
