import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const root = fileURLToPath(new URL('../../', import.meta.url));

export const nextPlatformVersion = '99.1.0';

/** What the migration of the next version does, after it has changed what projects are called. */
const changes = {
  /** Nothing that could fail. */
  good: '',
  /** Fails when it has done half of its work. */
  'failing-migration': 'select 1 / 0;',
  /** Succeeds, every service gets healthy, and keys do not open what they should. */
  unproven: 'revoke all on public.accounts_memberships from service_role, authenticated;',
} as const;
export type NextVersionKind = keyof typeof changes;

const sqlOf = (kind: NextVersionKind, breaking: boolean): string => `-- breaking: ${breaking ? 'yes' : 'no'}
-- What the next version brings for the test of an update.
create table private.next_version (id int primary key);
insert into private.next_version values (1);
${kind === 'good' ? '' : "update public.projects set name = name || ' of the next version';"}
${changes[kind]}
`;

/**
 * A version of the platform after this one: its CLI and its programs, with one more migration. It is the built one with what
 * a release changes: version, schema, list of releases, images and the migration.
 */
export class NextVersion {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** The file that `sfp` is. */
  get main(): string {
    return join(this.directory, 'dist/cli/main.js');
  }

  /** @param breaking whether its migration is marked so: then a rollback has to bring the data back */
  static make(kind: NextVersionKind, { breaking = false } = {}): NextVersion {
    const next = new NextVersion(mkdtempSync(join(tmpdir(), `sfp-next-${kind}-`)));
    try {
      next.#write(kind, breaking);
      return next;
    } catch (error) {
      next.remove();
      throw error;
    }
  }

  #write(kind: NextVersionKind, breaking: boolean): void {
    const dist = join(this.directory, 'dist');
    cpSync(join(root, 'dist'), dist, { recursive: true, filter: (path) => !path.endsWith('.d.ts') });
    cpSync(join(root, 'package.json'), join(this.directory, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(this.directory, 'node_modules'));
    this.#edit('package.json', (text) => text.replace(/"version": "[^"]+"/, `"version": "${nextPlatformVersion}"`));
    const schema = newestMigration(dist);
    // The bundler repeats the constant where it is a parameter's default.
    const constant = new RegExp(`\\b(schemaVersion|known) = ${schema}\\b`, 'g');
    for (const path of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
      if (path.endsWith('.js') && readFileSync(join(dist, path), 'utf8').includes(`schemaVersion = ${schema};`))
        this.#edit(join('dist', path), (text) => text.replaceAll(constant, `$1 = ${schema + 1}`));
    }
    const release = JSON.stringify({ ...releaseNotes, schemaVersion: schema + 1 });
    this.#edit('dist/stack/releases/releases.js', (text) => text.replace(/\];\s*$/, `${release},\n];\n`));
    this.#edit('dist/compose/images.lock.json', (text) => {
      const lock = z.record(z.string(), z.record(z.string(), pinSchema)).parse(JSON.parse(text));
      const last = Object.values(lock).at(-1) ?? {};
      const pins = Object.entries(last).map(([name, pin]) => [
        name,
        name === 'platform' ? { ...pin, image: `sfp/platform:${nextPlatformVersion}` } : pin,
      ]);
      return JSON.stringify({ ...lock, [nextPlatformVersion]: Object.fromEntries(pins) }, null, 2);
    });
    const file = `migrations/${String(schema + 1).padStart(4, '0')}_next.sql`;
    writeFileSync(join(dist, file), sqlOf(kind, breaking));
    writeManifest(dist, file);
  }

  #edit(path: string, change: (text: string) => string): void {
    const file = join(this.directory, path);
    const before = readFileSync(file, 'utf8');
    const after = change(before);
    if (after === before) throw new Error(`${path} is not as the next version expects it`);
    writeFileSync(file, after);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const newestMigration = (dist: string): number =>
  Math.max(
    ...readdirSync(join(dist, 'migrations'))
      .flatMap((name) => /^(\d{4})_.*\.sql$/.exec(name)?.[1] ?? [])
      .map(Number),
  );

const pinSchema = z.looseObject({ image: z.string() });

const releaseNotes = {
  version: nextPlatformVersion,
  notes: ['A note of the next version.'],
  breaking: [],
  requiredStop: false,
};

/** The built programs name what is in them (scripts/bundle.mjs). */
function writeManifest(dist: string, added: string): void {
  const file = join(dist, 'programs.json');
  const manifest = z.object({ files: z.array(z.string()) }).parse(JSON.parse(readFileSync(file, 'utf8')));
  const files = [...manifest.files, added].sort();
  const hash = createHash('sha256');
  for (const path of files) {
    const content = readFileSync(join(dist, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  writeFileSync(file, `${JSON.stringify({ sha256: hash.digest('hex'), files }, null, 1)}\n`);
}
