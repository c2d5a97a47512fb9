import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../test/support/wait.ts';
import { ArtifactStore, type Content } from './store.ts';

let home: string;
let store: ArtifactStore;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'sfp-store-'));
  store = await ArtifactStore.open(home);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const contentOfBytes = (bytes: Buffer): Content => ({
  digest: createHash('sha256').update(bytes).digest('hex'),
  sizeBytes: bytes.length,
});
function source(bytes: Buffer, name = randomBytes(4).toString('hex')): { path: string; content: Content } {
  const path = join(home, name);
  writeFileSync(path, bytes);
  return { path, content: contentOfBytes(bytes) };
}
async function read(content: Content, from = store): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of from.read(content, 'the/file')) chunks.push(chunk);
  return Buffer.concat(chunks);
}
const files = (): string[] =>
  readdirSync(join(home, 'sha256'), { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [entry.name] : [],
  );

describe('the artifact store', () => {
  it('gives back what was put, also nothing and more than one piece, readable by its owner alone', async () => {
    for (const size of [0, 1, 1_048_576, 3_000_001]) {
      const { path, content } = source(randomBytes(size));
      await store.put(path, content);
      expect(await read(content)).toEqual(readFileSync(path));
      expect(statSync(store.pathOf(content.digest)).mode & 0o777).toBe(0o600);
      expect(statSync(join(home, 'sha256', content.digest.slice(0, 2))).mode & 0o777).toBe(0o700);
    }
    const bytes = Buffer.from('a link');
    await store.put(bytes, contentOfBytes(bytes));
    expect(await read(contentOfBytes(bytes))).toEqual(bytes);
  });

  it('keeps a content once, and touches it when it comes again', async () => {
    const { path, content } = source(Buffer.from('twice'));
    await store.put(path, content);
    utimesSync(store.pathOf(content.digest), new Date(0), new Date(0));
    await store.put(path, content);
    expect(files()).toEqual([content.digest]);
    expect(statSync(store.pathOf(content.digest)).mtimeMs).toBeGreaterThan(0);
  });

  it('notices every damage when it is read, before the last piece, and is mended by another put', async () => {
    const { path, content } = source(randomBytes(2_500_000));
    await store.put(path, content);
    const whole = readFileSync(path);
    for (const damage of [
      () => Buffer.concat([whole, Buffer.from('x')]),
      () => whole.subarray(0, -1),
      () => Buffer.alloc(0),
      () => {
        const changed = Buffer.from(whole);
        changed.writeUInt8(changed.readUInt8(2_499_999) ^ 1, 2_499_999);
        return changed;
      },
    ]) {
      writeFileSync(store.pathOf(content.digest), damage());
      let given = 0;
      const reading = async (): Promise<void> => {
        for await (const chunk of store.read(content, 'the/file')) given += chunk.length;
      };
      await expect(reading()).rejects.toMatchObject({
        code: 'artifact_damaged',
        message: expect.stringContaining('the/file'),
        detail: expect.stringContaining(content.digest),
        suggestion: expect.stringContaining('sfp build'),
      });
      expect(given).toBeLessThan(content.sizeBytes);
      await store.put(path, content);
      expect(await read(content)).toEqual(whole);
    }
  });

  it('says what is missing, and that its directory is', async () => {
    const content = contentOfBytes(Buffer.from('never stored'));
    await expect(read(content)).rejects.toMatchObject({
      code: 'artifact_missing',
      detail: expect.stringContaining(content.digest),
    });
    await expect(ArtifactStore.open(join(home, 'not-there'))).rejects.toMatchObject({ code: 'artifacts_dir_missing' });
    writeFileSync(join(home, 'a-file'), '');
    await expect(ArtifactStore.open(join(home, 'a-file'))).rejects.toMatchObject({ code: 'artifacts_dir_missing' });
  });

  it('refuses a file that is not what was said of it, and leaves nothing of it', async () => {
    const { path } = source(Buffer.from('changed meanwhile'));
    const said = contentOfBytes(Buffer.from('what it was'));
    await expect(store.put(path, said)).rejects.toMatchObject({ code: 'artifact_changed' });
    expect(files()).toEqual([]);
  });

  it('takes the same content from fifty writers at once, while others read it', async () => {
    const { path, content } = source(randomBytes(300_000));
    await store.put(path, content);
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        if (index % 2 === 0) await store.put(path, content);
        expect(await read(content)).toEqual(readFileSync(path));
      }),
    );
    const fresh = source(randomBytes(300_000));
    await Promise.all(Array.from({ length: 50 }, () => store.put(fresh.path, fresh.content)));
    expect(await read(fresh.content)).toEqual(readFileSync(fresh.path));
    expect(files().sort()).toEqual([content.digest, fresh.content.digest].sort());
  });

  it('names what is old, and removes what killed writers left of that age', async () => {
    const old = source(Buffer.from('old'));
    const young = source(Buffer.from('young'));
    await store.put(old.path, old.content);
    await store.put(young.path, young.content);
    const temporary = join(home, 'sha256', old.content.digest.slice(0, 2), '.0000-ffff.tmp');
    writeFileSync(temporary, 'half');
    for (const path of [store.pathOf(old.content.digest), temporary]) utimesSync(path, new Date(0), new Date(0));
    const found: string[] = [];
    for await (const digest of store.untouchedSince(new Date(1_000))) found.push(digest);
    expect(found).toEqual([old.content.digest]);
    expect(files().sort()).toEqual([old.content.digest, young.content.digest].sort());
    expect(await store.remove(old.content.digest)).toBe(3);
    expect(await store.remove(old.content.digest)).toBe(0);
  });
});

describe('a writer that is killed', () => {
  const script = `
    import { randomBytes } from 'node:crypto';
    import { writeFileSync } from 'node:fs';
    const { ArtifactStore, contentOf } = await import(process.env.STORE_MODULE);
    const store = await ArtifactStore.open(process.env.STORE);
    console.log('ready');
    for (let n = 0; ; n += 1) {
      const path = process.env.STORE + '/source-' + n;
      writeFileSync(path, randomBytes(200_000 + n));
      const content = await contentOf(path);
      await store.put(path, content);
      console.log(content.digest);
    }
  `;

  function writer(): ChildProcess {
    return spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH ?? '', STORE: home, STORE_MODULE: new URL('./store.ts', import.meta.url).href },
    });
  }

  it('leaves whole contents and at most one temporary file, wherever it was', async () => {
    for (let round = 0; round < 8; round += 1) {
      const child = writer();
      let said = '';
      child.stdout?.on('data', (text: Buffer) => {
        said += text;
      });
      const exited = once(child, 'exit');
      try {
        await waitFor(() => said.split('\n').length > 3 + round * 2, {
          timeoutMs: 30_000,
          everyMs: 1,
          what: 'some puts',
        });
      } finally {
        child.kill('SIGKILL');
        await exited;
      }
      const stored = files();
      const whole = stored.filter((name) => !name.endsWith('.tmp'));
      for (const digest of said.split('\n').slice(1, -1)) expect(whole).toContain(digest);
      for (const digest of whole) {
        expect(
          createHash('sha256')
            .update(readFileSync(store.pathOf(digest)))
            .digest('hex'),
        ).toBe(digest);
      }
      expect(stored.length - whole.length).toBeLessThanOrEqual(round + 1);
    }
    for await (const digest of store.untouchedSince(new Date(Date.now() + 60_000)))
      expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(files().filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
