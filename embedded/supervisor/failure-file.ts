import { rmSync } from 'node:fs';
import { type Failure, failureSchema } from '../../contracts/error.ts';
import { readTextFile, writeJsonFile } from '../../stack/atomic-file.ts';

/** How a supervisor that could not start tells whoever waits for it. */
export const writeFailure = (path: string, failure: Failure): void => writeJsonFile(path, failure, 0o600);

export const clearFailure = (path: string): void => rmSync(path, { force: true });

/** Null when there is none, or what is there cannot be read. */
export function readFailure(path: string): Failure | null {
  const text = readTextFile(path);
  if (text === null) return null;
  try {
    return failureSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
