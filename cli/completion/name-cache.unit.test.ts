import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { nameCache } from './name-cache.ts';

const directory = mkdtempSync(join(tmpdir(), 'sfp-names-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it('offers again for a moment what was offered, to its owner', () => {
  const path = join(directory, 'config', 'names.json');
  let now = 1_000;
  const cache = nameCache(path, () => now);
  expect(cache.get('a')).toBeUndefined();
  cache.set('a', ['site\tSite']);
  now += 5_000;
  cache.set('b', []);
  expect([cache.get('a'), cache.get('b')]).toEqual([['site\tSite'], []]);
  expect([statSync(path).mode & 0o777, statSync(join(directory, 'config')).mode & 0o777]).toEqual([0o600, 0o700]);
  now += 4_000;
  expect([cache.get('a'), cache.get('b')]).toEqual([undefined, []]);
  cache.set('c', ['x']);
  expect(readFileSync(path, 'utf8')).not.toContain('site');
});

it.each(['', '{', '[]', 'null', '{"a":1}', '{"a":null}', '{"a":{"at":"now","lines":["x"]}}'])(
  'takes a file that holds %o for none',
  (text) => {
    const path = join(directory, 'broken.json');
    writeFileSync(path, text);
    const cache = nameCache(path);
    expect(cache.get('a')).toBeUndefined();
    cache.set('a', ['x']);
    expect(cache.get('a')).toEqual(['x']);
  },
);
