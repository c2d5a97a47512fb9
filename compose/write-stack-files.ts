import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeTextFile } from '../stack/atomic-file.ts';
import type { Stack } from '../stack/stack.ts';
import type { EngineFeatures } from './engine/engine-features.ts';
import { renderStackFiles } from './stack-files.ts';
import { stackDigests } from './stack-lock.ts';
import { ensureVaultRootKey } from './vault-root-key.ts';

/** Writes the rendered files of a stack and removes those that it no longer has. Answers their paths. */
export function writeStackFiles(stack: Stack, platformVersion: string, features: EngineFeatures): string[] {
  const { dir } = stack.layout;
  const files = renderStackFiles(stack, {
    vaultRootKey: ensureVaultRootKey(stack.layout),
    platformVersion,
    digests: stackDigests(stack.layout),
    features,
  });
  mkdirSync(join(dir, 'env'), { recursive: true, mode: 0o700 });
  for (const { path, content, mode } of files) writeTextFile(join(dir, path), content, mode);
  const written = new Set(files.map(({ path }) => path));
  const earlier = [...readdirSync(join(dir, 'env')).map((name) => `env/${name}`), 'Caddyfile'];
  for (const path of earlier) if (!written.has(path)) rmSync(join(dir, path), { force: true });
  return [...written].map((path) => join(dir, path));
}
