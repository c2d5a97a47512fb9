import { cpSync, existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { buildImage, imageContent } from '../support/docker.ts';
import { officialTag } from '../support/stack-images.ts';
import { contentHash } from './content-hash.ts';
import { inScratch, root, writeContext } from './context.ts';
import { writeRealContext } from './real-program.ts';
import { type Recipe, recipes } from './recipes.ts';
import { ensureRootfs, rootfsTag } from './rootfs.ts';

export const baseTag = 'sfp-test/base:1';
/** What compose/image/Dockerfile stands on unless it is told otherwise. */
export const nodeTag = 'node:24-bookworm-slim';

type Report = (line: string) => void;

/** Builds every stand-in that is not there yet. Our own image is built by the product itself, on the Node image made here. */
export async function buildImages(report: Report): Promise<void> {
  await timed('rootfs', report, ensureRootfs);
  const base = await timed('base', report, buildBase);
  const one = (recipe: Recipe) => timed(recipe.name, report, () => buildStandin(recipe, base));
  // Two fetch packages; the others are copies only.
  const builds = await Promise.allSettled(recipes.map(one));
  // All have ended: nothing builds on while the engine is taken away.
  const failed = builds.find((build) => build.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

const buildBase = (): Promise<string> =>
  inScratch(async (dir) => {
    cpSync(join(root, 'test/docker/standins/base'), dir, { recursive: true });
    cpSync(realpathSync(join(root, 'node_modules/node/bin/node')), join(dir, 'node'));
    cpSync(npmDirectory(), join(dir, 'npm'), { recursive: true });
    return ensureImage(dir, [baseTag, nodeTag], { ROOTFS: rootfsTag }, '');
  });

const buildStandin = (recipe: Recipe, base: string): Promise<string> =>
  inScratch(async (dir) => {
    if (!writeRealContext(recipe, dir)) await writeContext(recipe, dir);
    return ensureImage(dir, [officialTag(recipe.name)], { BASE: baseTag }, base);
  });

/** Answers what the image was made from, so that what stands on it can tell. */
async function ensureImage(
  context: string,
  tags: readonly string[],
  args: Readonly<Record<string, string>>,
  under: string,
): Promise<string> {
  const content = contentHash(context, JSON.stringify(args), under);
  const existing = await Promise.all(tags.map(imageContent));
  // An image that is not of these tests is the official one: it is used, and keeps its name.
  const ours = tags.filter((_, index) => existing[index] !== 'foreign');
  if (existing.some((of) => of !== content && of !== 'foreign')) {
    await buildImage({ context, tags: ours, content, args });
  }
  return content;
}

async function timed<Result>(name: string, report: Report, work: () => Promise<Result>): Promise<Result> {
  const started = performance.now();
  const result = await work();
  report(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return result;
}

/** The npm of this machine: `npm` is a link to bin/npm-cli.js in its package. */
function npmDirectory(): string {
  const places = (process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, 'npm'));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error('there is no npm on PATH');
  return dirname(dirname(realpathSync(found)));
}
