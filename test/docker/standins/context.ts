import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleAdapter } from './bundle.ts';
import { writeDatabaseFiles } from './database-files.ts';
import type { Recipe } from './recipes.ts';

export const root = new URL('../../../', import.meta.url).pathname;
const here = new URL('./', import.meta.url).pathname;

/** Hands `use` a directory that goes when it is done. */
export async function inScratch<Result>(use: (dir: string) => Promise<Result>): Promise<Result> {
  const dir = mkdtempSync(join(tmpdir(), 'sfp-test-image-'));
  try {
    return await use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The build context of a stand-in: its directory, its adapters as one file each, and our built program. */
export async function writeContext(recipe: Recipe, dir: string): Promise<void> {
  const { name, bundles, copies, program } = recipe;
  cpSync(join(here, name), dir, { recursive: true, filter: (path) => !path.endsWith('.ts') });
  const app = join(dir, 'app');
  if (name !== 'edge') {
    mkdirSync(app, { recursive: true });
    writeFileSync(join(app, 'package.json'), '{"type":"module"}\n');
  }
  for (const [file, source] of Object.entries(bundles)) await bundleAdapter(source, join(app, file));
  if (program !== undefined) {
    const at = `embedded/${program}`;
    cpSync(join(root, 'dist', at), join(app, 'dist', at), {
      recursive: true,
      filter: (path) => !path.endsWith('.d.ts'),
    });
  }
  for (const [to, from] of Object.entries(copies)) cpSync(join(root, from), join(dir, to), { recursive: true });
  if (name === 'db') writeDatabaseFiles(dir);
}
