import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { schemaVersion } from '../../contracts/schema-version.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const copied = [
  ...['cli', 'client', 'compose', 'contracts', 'embedded', 'migrations', 'scripts', 'server', 'stack', 'workers'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'],
];

export const nextPlatformVersion = '99.1.0';
const nextSchema = schemaVersion + 1;
const migration = `${String(nextSchema).padStart(4, '0')}_next.sql`;

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

/** A version of the platform after this one: its CLI and its programs, with one more migration. */
export class NextVersion {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** The file that `sfp` is. */
  get main(): string {
    return join(this.directory, 'dist/cli/main.js');
  }

  /** Copies the sources, raises version and schema, and builds them as a release is built. */
  static async build(): Promise<NextVersion> {
    const directory = mkdtempSync(join(tmpdir(), 'sfp-next-'));
    for (const name of copied) cpSync(join(root, name), join(directory, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    const edit = (path: string, change: (text: string) => string): void => {
      const file = join(directory, path);
      const before = readFileSync(file, 'utf8');
      const after = change(before);
      if (after === before) throw new Error(`${path} is not as the next version expects it`);
      writeFileSync(file, after);
    };
    edit('package.json', (text) => text.replace(/"version": "[^"]+"/, `"version": "${nextPlatformVersion}"`));
    edit('contracts/schema-version.ts', (text) =>
      text.replace(`schemaVersion = ${schemaVersion}`, `schemaVersion = ${nextSchema}`),
    );
    edit('stack/releases/releases.ts', (text) => text.replace(/\];\n$/, `  ${JSON.stringify(release)},\n];\n`));
    edit('compose/images.lock.json', (text) => {
      const lock = z.record(z.string(), z.record(z.string(), pinSchema)).parse(JSON.parse(text));
      const last = Object.values(lock).at(-1) ?? {};
      const pins = Object.entries(last).map(([name, pin]) => [
        name,
        name === 'platform' ? { ...pin, image: `sfp/platform:${nextPlatformVersion}` } : pin,
      ]);
      return JSON.stringify({ ...lock, [nextPlatformVersion]: Object.fromEntries(pins) }, null, 2);
    });
    writeFileSync(join(directory, 'migrations', migration), sqlOf('good', false));
    await run(process.execPath, ['scripts/build.mjs'], { cwd: directory });
    return new NextVersion(directory);
  }

  /** The same with another migration: sources and what is built of them. */
  variant(kind: NextVersionKind, { breaking = false } = {}): NextVersion {
    const directory = mkdtempSync(join(tmpdir(), `sfp-next-${kind}-`));
    cpSync(this.directory, directory, { recursive: true, verbatimSymlinks: true });
    for (const place of ['migrations', 'dist/migrations'])
      writeFileSync(join(directory, place, migration), sqlOf(kind, breaking));
    writeManifest(join(directory, 'dist'));
    return new NextVersion(directory);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const pinSchema = z.looseObject({ image: z.string() });

const release = {
  version: nextPlatformVersion,
  schemaVersion: nextSchema,
  notes: ['A note of the next version.'],
  breaking: [],
  requiredStop: false,
};

/** The built programs name what is in them (scripts/bundle.mjs). */
function writeManifest(dist: string): void {
  const file = join(dist, 'programs.json');
  const { files } = z.object({ files: z.array(z.string()) }).parse(JSON.parse(readFileSync(file, 'utf8')));
  const hash = createHash('sha256');
  for (const path of files) {
    const content = readFileSync(join(dist, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  writeFileSync(file, `${JSON.stringify({ sha256: hash.digest('hex'), files }, null, 1)}\n`);
}
