import { statfsSync } from 'node:fs';
import { SfpError } from '../../contracts/error.ts';

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1_000_000)} MB`;

/** Refuses when the file system of a directory that exists has less room. */
export function assertFreeSpace(directory: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize < bytes)
    throw diskFull(`${megabytes(bytes)} are needed at ${directory}, ${megabytes(bavail * bsize)} are free`);
}

const diskFull = (detail: string): SfpError =>
  new SfpError({
    code: 'disk_full',
    message: 'There is not enough room on the disk.',
    detail,
    suggestion: 'Free some space, or choose a directory on another disk.',
  });

/** What the operating system's refusal means, when it is about room; else the error itself. */
export const spaceError = (error: unknown, directory: string): unknown =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    ? diskFull(`writing to ${directory}: ${error.code}`)
    : error;
