import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile, writeJsonFile } from '../stack/atomic-file.ts';
import { makePassableDirectory } from '../stack/layout.ts';

const loadedImageSchema = z.strictObject({
  /** What the engine knows it by. */
  reference: z.string(),
  /** The digest that it stands for. */
  digest: z.string(),
});
export type LoadedImage = z.infer<typeof loadedImageSchema>;

/** By name and tag. */
const loadedImagesSchema = z.strictObject({ version: z.literal(1), images: z.record(z.string(), loadedImageSchema) });

const loadedFile = (baseDir: string): string => join(baseDir, 'images.loaded.json');

/** Images that came from a bundle, for all stacks of a base directory: a stack that is still to be made finds them too. */
export const loadedImages = (baseDir: string): Readonly<Record<string, LoadedImage>> =>
  readJsonFile(loadedFile(baseDir), loadedImagesSchema, {
    code: 'image_lock_invalid',
    suggestion: `Remove ${loadedFile(baseDir)} and load the bundle again with \`sfp server images load <file>\`.`,
  })?.images ?? {};

/** Adds to what was loaded earlier. */
export function rememberLoaded(baseDir: string, images: Readonly<Record<string, LoadedImage>>): void {
  makePassableDirectory(baseDir);
  writeJsonFile(loadedFile(baseDir), { version: 1, images: { ...loadedImages(baseDir), ...images } });
}
