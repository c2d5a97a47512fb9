import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { create } from 'tar';
import { SfpError } from '../contracts/error.ts';
import type { Report } from '../stack/runtime.ts';
import { docker } from './engine/docker-command.ts';
import { engine } from './engine/docker-engine.ts';
import { inspectImage } from './image-inspect.ts';

const versionLabel = 'sfp.platform.version';
const contentLabel = 'sfp.platform.content';

/** The package or checkout that this program is part of: dist/compose or compose/ lie in it. */
function packageRoot(): string {
  const above = new URL('..', import.meta.url).pathname;
  return existsSync(join(above, 'package.json')) ? above : new URL('../..', import.meta.url).pathname;
}

/** All that the image needs: nothing else of a checkout goes to the engine. */
const parts = [
  'package.json',
  'dist/contracts',
  'dist/server',
  'dist/workers',
  'dist/migrations',
  'dist/stack/maintenance',
  'dist/compose/image',
] as const;

/**
 * Builds our image unless the engine has it, of this version and made of the same files. It is not pulled by its tag: the
 * public name is nobody's until somebody takes it, and then not ours. One that somebody else put there under that name
 * (a bundle that was loaded, an operator's own build) is taken as it is.
 */
export async function ensurePlatformImage(
  tag: string,
  platformVersion: string,
  { signal, report }: { signal: AbortSignal; report: Report },
): Promise<void> {
  const root = packageRoot();
  const existing = (await inspectImage(tag)) === null ? null : await labelsOf(tag);
  const missing = parts.filter((part) => !existsSync(join(root, part)));
  const content = missing.length > 0 ? null : contentHash(root);
  if (existing !== null) {
    const { [versionLabel]: version, [contentLabel]: made } = existing;
    if (made === undefined) return report(`${tag} was not built here: it is used as it is`);
    if (content === null || (version === platformVersion && made === content)) return;
  }
  if (content === null) throw notBuilt(root, missing);
  report(`building ${tag}`);
  const began = performance.now();
  // As a stream on stdin, so that neither a .dockerignore nor the newer builder decides what belongs to it.
  const context = create({ cwd: root, portable: true, gzip: true }, [...parts]);
  await docker({
    args: [
      'build',
      '--quiet',
      `--tag=${tag}`,
      '--file=dist/compose/image/Dockerfile',
      `--label=${versionLabel}=${platformVersion}`,
      `--label=${contentLabel}=${content}`,
      '-',
    ],
    stdin: chunks(context),
    signal,
    failure: `The image ${tag} could not be built.`,
  });
  report(`built ${tag} in ${((performance.now() - began) / 1000).toFixed(0)} s`);
}

/** The archive is a stream of another make, which execa takes for an output. */
async function* chunks(archive: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* archive;
}

const labelsOf = async (tag: string): Promise<Record<string, string>> =>
  (await engine((client) => client.getImage(tag).inspect())).Config.Labels ?? {};

function contentHash(root: string): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    const full = join(root, path);
    if (!statSync(full).isDirectory()) return void hash.update(`${path}\0`).update(readFileSync(full));
    for (const name of readdirSync(full).sort()) add(`${path}/${name}`);
  };
  for (const part of parts) add(part);
  return hash.digest('hex').slice(0, 32);
}

const notBuilt = (root: string, missing: readonly string[]): SfpError =>
  new SfpError({
    code: 'platform_not_built',
    message: 'The image of the platform cannot be built from this checkout.',
    detail: `missing in ${root}: ${missing.join(', ')}`,
    suggestion: 'Run `npm run build` there, or install the released package.',
  });
