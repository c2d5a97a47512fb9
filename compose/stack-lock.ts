import { join } from 'node:path';
import { z } from 'zod';
import { SfpError } from '../contracts/error.ts';
import { readJsonFile, writeJsonFile } from '../stack/atomic-file.ts';
import type { StackLayout } from '../stack/layout.ts';
import { serverCommand } from '../stack/server-command.ts';
import { type ImageRow, imageRows, type StackDigests } from './images.ts';
import { loadedImages } from './loaded-images.ts';
import { registryDigest } from './registry/digest.ts';

const stackLockSchema = z.object({
  version: z.literal(1),
  /** By name and tag: what a registry answered. */
  digests: z.record(z.string(), z.string().regex(/^sha256:[0-9a-f]{64}$/)),
});

const lockFile = (layout: StackLayout): string => join(layout.dir, 'images.lock.json');

/** What this stack has asked registries for, and what was loaded from a bundle. A loaded image of another digest is left out. */
export function stackDigests(layout: StackLayout): StackDigests {
  const digests =
    readJsonFile(lockFile(layout), stackLockSchema, {
      code: 'image_lock_invalid',
      suggestion: `Remove the file and run \`${serverCommand(layout, 'images', 'lock')}\` again.`,
    })?.digests ?? {};
  const loaded = Object.entries(loadedImages(layout.baseDir)).filter(
    ([image, { digest }]) => digests[image] === undefined || digests[image] === digest,
  );
  return { ...digests, ...Object.fromEntries(loaded) };
}

export interface LockRequest {
  layout: StackLayout;
  platformVersion: string;
  overrides: Parameters<typeof imageRows>[1];
  signal: AbortSignal;
  report: (message: string) => void;
}

/**
 * Asks the registries what every image is now and keeps the answers beside the stack's files. What is built on this
 * machine, and what server.json names by digest, is not asked. All or nothing: one that is not answered changes nothing.
 */
export async function lockStackImages(request: LockRequest): Promise<ImageRow[]> {
  const { layout, platformVersion, overrides, signal, report } = request;
  const asked = imageRows(platformVersion, overrides, {}).filter(
    ({ name, overridden, reference }) =>
      (name !== 'platform' || overridden) && !(overridden && reference.includes('@')),
  );
  const digests: Record<string, string> = {};
  for (const { image, digest } of asked) {
    const answered = await registryDigest(image, signal);
    if (digest !== null && digest !== answered) throw moved(image, digest, answered);
    digests[image] = answered;
    report(`${image} is ${answered}`);
  }
  writeJsonFile(lockFile(layout), { version: 1, digests });
  return imageRows(platformVersion, overrides, digests);
}

const moved = (image: string, locked: string, answered: string): SfpError =>
  new SfpError({
    code: 'image_moved',
    message: `${image} is not what this platform version was made with.`,
    detail: `locked ${locked}, the registry says ${answered}`,
    suggestion: 'Do not use it before you know why. To take it all the same, name it with its digest in server.json.',
  });
