import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Finding } from './finding.ts';
import type { SecretBook } from './secret-book.ts';

/** The regular files below a directory, by their paths. */
const filesBelow = (directory: string, skip: (path: string) => boolean = () => false): string[] =>
  readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (skip(path)) return [];
    if (entry.isDirectory()) return filesBelow(path, skip);
    return entry.isFile() ? [path] : [];
  });

/** What the files below a directory hold in the clear; one that others may read says so in its place. */
export function searchFiles(
  directory: string,
  book: SecretBook,
  skip?: (path: string) => boolean,
): { findings: Finding[]; files: number } {
  const paths = filesBelow(directory, skip);
  const findings = paths.flatMap((path) => {
    const content = contentOf(path);
    const found = content === undefined ? [] : book.foundIn(content);
    return found.map((secret) => {
      const open = (statSync(path).mode & 0o077) === 0 ? '' : ' (readable by others)';
      return { secret, place: `${relative(directory, path)}${open}` };
    });
  });
  return { findings, files: paths.length };
}

/** Undefined when it is gone meanwhile: Postgres recycles its log, the stack's processes write by renaming. */
function contentOf(path: string): Buffer | undefined {
  try {
    const bytes = readFileSync(path);
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
