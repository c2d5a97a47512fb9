import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Tells whether a build context is the one that an image was made from: names, modes and bytes, and what it stands on. */
export function contentHash(dir: string, ...more: readonly string[]): string {
  const hash = createHash('sha256');
  const add = (path: string, name: string): void => {
    const stat = statSync(path);
    if (stat.isDirectory()) {
      for (const entry of readdirSync(path).sort()) add(join(path, entry), `${name}/${entry}`);
      return;
    }
    hash.update(`${name}\0${stat.mode & 0o111}\0${stat.size}\0`).update(readFileSync(path));
  };
  add(dir, '');
  for (const text of more) hash.update(`\0${text}`);
  return hash.digest('hex').slice(0, 32);
}
