import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keptFiles } from './kept-files.ts';

let source: string;
beforeEach(() => {
  source = join(mkdtempSync(join(tmpdir(), 'sfp-kept-')), 'source');
  mkdirSync(join(source, 'dist', 'deep'), { recursive: true });
  mkdirSync(join(source, '.git'));
  for (const name of ['dist/a', 'dist/deep/b', 'dist/.hidden', '.git/config', 'other'])
    writeFileSync(join(source, name), name);
  chmodSync(join(source, 'dist/a'), 0o755);
});
afterEach(() => rmSync(join(source, '..'), { recursive: true, force: true }));

const named = async (...patterns: string[]) =>
  (await keptFiles(source, patterns)).map(({ artifact: { kind, path, executable } }) =>
    [kind, path, ...(executable ? ['executable'] : [])].join(' '),
  );

it('keeps files, whole directories and patterns, each file once', async () => {
  expect(await named('dist')).toEqual(['file dist/.hidden', 'file dist/a executable', 'file dist/deep/b']);
  expect(await named('dist/**', 'dist/a', './dist/a')).toContain('file dist/a executable');
  expect(await named('dist/a', './dist/a', 'dist/*/b')).toEqual(['file dist/a executable', 'file dist/deep/b']);
  expect(await named('nothing/**')).toEqual([]);
  expect(await named('.git', '.git/**')).toEqual([]);
});

it('keeps links that stay inside, and what is named through one as files', async () => {
  symlinkSync('a', join(source, 'dist', 'latest'));
  symlinkSync('dist', join(source, 'out'));
  expect(await named('dist/latest', 'out')).toEqual(['link dist/latest', 'link out']);
  expect(await named('out', 'out/a')).toEqual(['file out/a executable']);
});

it('refuses what leaves the checkout', async () => {
  writeFileSync(join(source, '..', 'outside'), 'secret');
  mkdirSync(join(source, '..', 'elsewhere'));
  writeFileSync(join(source, '..', 'elsewhere', 'x'), 'secret');
  symlinkSync('/etc/passwd', join(source, 'absolute'));
  symlinkSync('../outside', join(source, 'relative'));
  symlinkSync('../elsewhere', join(source, 'through'));
  for (const pattern of ['../outside', 'absolute', 'relative', 'through', 'through/x', join(source, '..', 'outside')])
    await expect(named(pattern), pattern).rejects.toMatchObject({ code: 'artifact_outside' });
});
