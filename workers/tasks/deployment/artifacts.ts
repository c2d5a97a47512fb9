import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { glob, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DeploymentMetadata } from '../../../contracts/deployment.ts';

/** Path, digest and size of every file that the patterns match, in the order of their paths. */
export async function describeArtifacts(
  source: string,
  patterns: readonly string[],
): Promise<NonNullable<DeploymentMetadata['artifacts']>> {
  const paths = new Set<string>();
  for await (const path of glob([...patterns], { cwd: source })) paths.add(path);
  const found = await Promise.all([...paths].sort().map((path) => describe(source, path)));
  return found.flatMap((artifact) => artifact ?? []);
}

async function describe(source: string, path: string) {
  const file = await stat(join(source, path));
  if (!file.isFile()) return undefined;
  const hash = createHash('sha256');
  await pipeline(createReadStream(join(source, path)), hash);
  return { path, sha256: hash.digest('hex'), sizeBytes: file.size };
}
