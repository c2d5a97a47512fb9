import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { glob, lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, relative, resolve, sep } from 'node:path';
import { contentOf } from '../../../artifacts/store.ts';
import type { BuildArtifact } from '../../../contracts/build.ts';
import { SfpError } from '../../../contracts/error.ts';

/** A file to keep: what is written of it, and where its content comes from. */
export interface KeptFile {
  artifact: BuildArtifact;
  /** A path, or the content itself. */
  content: string | Buffer;
}

/** One row each, one request for all: 20,000 are 4 MB. */
const atMost = 20_000;
/** Hashed at once: the event loop stays free for heartbeats, and a few files wait for the disk together. */
const atOnce = 8;

/** Every file that the patterns match, also all of those below a directory that they match, in the order of their paths. */
export async function keptFiles(source: string, patterns: readonly string[]): Promise<KeptFile[]> {
  const paths = new Set<string>();
  for await (const match of glob([...patterns], { cwd: source })) {
    for await (const path of filesBelow(source, normalize(match))) paths.add(path);
    if (paths.size > atMost) throw tooMany();
  }
  // What was named through a link to a directory is kept as files below that name: not the link too.
  const directories = new Set([...paths].flatMap(ancestorsOf));
  const sorted = [...paths].filter((path) => !directories.has(path)).sort();
  const root = await realpath(source);
  const kept: KeptFile[] = [];
  for (let start = 0; start < sorted.length; start += atOnce) {
    kept.push(...(await Promise.all(sorted.slice(start, start + atOnce).map((path) => describe(source, root, path)))));
  }
  return kept;
}

const ancestorsOf = (path: string): string[] => {
  const parent = dirname(path);
  return parent === '.' ? [] : [parent, ...ancestorsOf(parent)];
};

async function* filesBelow(source: string, path: string): AsyncGenerator<string> {
  if (path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path)) throw outside(path);
  if (path === '.git' || path.startsWith(`.git${sep}`)) return;
  const found = await lstat(join(source, path));
  if (found.isFile() || found.isSymbolicLink()) yield path;
  if (!found.isDirectory()) return;
  for (const name of await readdir(join(source, path))) yield* filesBelow(source, join(path, name));
}

async function describe(source: string, root: string, path: string): Promise<KeptFile> {
  const full = join(source, path);
  const parent = await realpath(dirname(full));
  if (parent !== root && !parent.startsWith(root + sep)) throw outside(path);
  const found: Stats = await lstat(full);
  if (!found.isSymbolicLink()) {
    const content = await contentOf(full);
    return { artifact: { kind: 'file', path, ...content, executable: (found.mode & 0o100) !== 0 }, content: full };
  }
  const target = await readlink(full);
  if (isAbsolute(target) || relative(source, resolve(dirname(full), target)).startsWith('..')) throw outside(path);
  const content = Buffer.from(target);
  const digest = createHash('sha256').update(content).digest('hex');
  return { artifact: { kind: 'link', path, digest, sizeBytes: content.length, executable: false }, content };
}

const outside = (path: string): SfpError =>
  new SfpError({
    code: 'artifact_outside',
    message: `${path} leaves the checkout, so it cannot be kept.`,
    suggestion:
      'Let `artifacts` in the project file name files inside of the checkout; copy there what comes from elsewhere.',
  });

const tooMany = (): SfpError =>
  new SfpError({
    code: 'too_many_artifacts',
    message: `The artifacts are more than ${atMost} files.`,
    suggestion:
      'Pack them into an archive in the last build step, name that in `artifacts`, and unpack it in the first deploy step.',
  });
