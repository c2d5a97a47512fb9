import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { imageRows } from '../../../compose/images.ts';
import type { ImageName } from '../../../stack/image-names.ts';

const packageSchema = z.object({ version: z.string() });
const { version: platformVersion } = packageSchema.parse(
  JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')),
);
const rows = imageRows(platformVersion, undefined, {});

/** Name and tag of the official image of a role, as the lock of this version has them. */
export function officialTag(role: ImageName): string {
  const row = rows.find(({ name }) => name === role);
  if (row === undefined) throw new Error(`no image is locked for ${role}`);
  return row.image;
}

export const officialTags: readonly string[] = rows.map(({ image }) => image);
export { platformVersion };
