import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Context } from './context.ts';
import { contextsPath } from './contexts-path.ts';
import { createFileContextStore } from './file-store.ts';
import type { ContextStore } from './store.ts';

let directory: string;
let store: ContextStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sfp-contexts-'));
  store = createFileContextStore(join(directory, 'deep', 'contexts.json'));
});
afterEach(() => rm(directory, { recursive: true }));

const context = (name: string): Context => ({
  name,
  url: 'http://127.0.0.1:8000',
  publishableKey: 'sb_publishable_x',
  session: { accessToken: 'a', refreshToken: 'r', expiresAt: 1 },
});

describe('the saved logins', () => {
  it('are none before the first', async () => {
    expect(await store.read()).toEqual({ current: null, contexts: [] });
  });
  it('keep the first as the current one until another is chosen, and forget', async () => {
    await store.save(context('one'));
    await store.save(context('two'));
    expect((await store.read()).current).toBe('one');
    await store.use('two');
    await store.save(context('three'), { use: true });
    await store.remove('two');
    expect(await store.read()).toMatchObject({ current: 'three', contexts: [{ name: 'one' }, { name: 'three' }] });
    await store.remove('three');
    expect((await store.read()).current).toBeNull();
  });
  it('are readable by their owner only and leave nothing else behind', async () => {
    await store.save(context('one'));
    expect((await stat(store.path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'deep'))).mode & 0o777).toBe(0o700);
    await expect(stat(`${store.path}.lock`)).rejects.toThrow();
  });
  it('lose nothing to writers at the same time', async () => {
    const other = createFileContextStore(store.path);
    await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 ? store : other).save(context(`c${index}`))));
    expect((await store.read()).contexts).toHaveLength(20);
  });
  it('are changed by one process at a time', async () => {
    await store.save(context('one'));
    const bump = (each: ContextStore) =>
      each.update('one', async (saved) => ({
        ...saved,
        session: { accessToken: 'a', refreshToken: 'r', expiresAt: (saved.session?.expiresAt ?? 0) + 1 },
      }));
    await Promise.all(Array.from({ length: 10 }, () => bump(createFileContextStore(store.path))));
    expect((await store.read()).contexts[0]?.session?.expiresAt).toBe(11);
  });
  it('survive a process that died with the lock', async () => {
    await store.save(context('one'));
    await writeFile(`${store.path}.lock`, '');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(`${store.path}.lock`, longAgo, longAgo);
    await store.save(context('two'));
    expect((await store.read()).contexts).toHaveLength(2);
  });
  it('say what to do with a file that is none of ours, and keep it', async () => {
    await store.save(context('one'));
    await writeFile(store.path, '{"version": 9}');
    await expect(store.save(context('two'))).rejects.toMatchObject({ code: 'contexts_file_invalid' });
    expect(await readFile(store.path, 'utf8')).toBe('{"version": 9}');
  });
  it('are named by what is wrong with the choice', async () => {
    await expect(store.use('nowhere')).rejects.toMatchObject({ code: 'context_not_found' });
  });
});

it('puts the file where the environment says', () => {
  expect(contextsPath({ SFP_CONFIG_DIR: '/a' })).toBe('/a/contexts.json');
  expect(contextsPath({ XDG_CONFIG_HOME: '/b' })).toBe('/b/sfp/contexts.json');
  expect(contextsPath({})).toMatch(/\.config\/sfp\/contexts\.json$/);
});
