import { chmodSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the tests keep what outlives a run of a developer (Debian's files), and engines while they run. Owner only. */
export function workDir(): string {
  const dir = join(tmpdir(), `sfp-test-docker-${process.getuid?.() ?? 0}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  return dir;
}
