import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { passTar, type TarEntry, tarEnd, tarFile } from './image-bundle-tar.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sfp-tar-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** In pieces of a size, as a pipe would bring them. */
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function pass(bytes: Uint8Array, size: number): Promise<{ entries: TarEntry[]; out: Buffer }> {
  const entries: TarEntry[] = [];
  const out: Uint8Array[] = [];
  const reader = { keep: (path: string) => path === './kept', ended: (entry: TarEntry) => void entries.push(entry) };
  for await (const chunk of passTar(pieces(bytes, size), reader)) out.push(chunk);
  return { entries, out: Buffer.concat(out) };
}

/** An archive by tar itself: a file of several blocks, an empty one, a link, a directory, a name too long for one header. */
function realTar(): Buffer {
  const long = 'd'.repeat(90);
  mkdirSync(join(dir, long));
  writeFileSync(join(dir, long, 'f'.repeat(90)), 'long name');
  writeFileSync(join(dir, 'big'), Buffer.alloc(100_000, 'x'));
  writeFileSync(join(dir, 'empty'), '');
  writeFileSync(join(dir, 'kept'), 'content');
  symlinkSync('big', join(dir, 'link'));
  return execFileSync('tar', ['-c', '-C', dir, '.'], { maxBuffer: 10_000_000 });
}

it.each([1, 511, 513, 70_000, 10_000_000])('hands every byte on, in pieces of %i', async (size) => {
  const archive = realTar();
  const { entries, out } = await pass(archive, size);
  expect(out.equals(archive.subarray(0, out.length))).toBe(true);
  expect(archive.subarray(out.length).every((byte) => byte === 0)).toBe(true);
  expect(entries.find(({ path }) => path === './big')?.sha256).toBe(
    execFileSync('sha256sum', [join(dir, 'big')], { encoding: 'utf8' }).slice(0, 64),
  );
  expect(entries.find(({ path }) => path === './kept')?.text).toBe('content');
});

it('lets files be put before and behind it, and tar reads them all', async () => {
  const { out } = await pass(realTar(), 4_096);
  const whole = Buffer.concat([tarFile('first.json', '{}'), out, tarFile('last.txt', 'x'.repeat(700)), tarEnd()]);
  const names = execFileSync('tar', ['-t'], { input: whole, encoding: 'utf8' }).trim().split('\n');
  expect(names.at(0)).toBe('first.json');
  expect(names.at(-1)).toBe('last.txt');
  expect(names).toContain('./big');
});

it('refuses what ends too early or is no archive', async () => {
  const archive = realTar();
  const { out } = await pass(archive, 4_096);
  await expect(pass(out.subarray(0, 60_000), 4_096)).rejects.toMatchObject({ code: 'bundle_damaged' });
  await expect(pass(out, 4_096)).rejects.toMatchObject({ code: 'bundle_damaged', detail: 'it ends in the middle' });
  await expect(pass(Buffer.alloc(2_000, 'x'), 4_096)).rejects.toMatchObject({ code: 'bundle_damaged' });
});
