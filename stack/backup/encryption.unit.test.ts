import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { decrypted, encrypted } from './encryption.ts';
import { newBackupKey, openBackupKey } from './passphrase-key.ts';

const key = randomBytes(32);

async function all(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const pieces = (content: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(content.length / size) }, (_, at) => content.subarray(at * size, (at + 1) * size));

test.each([0, 1, 65_535, 65_536, 65_537, 131_072, 300_001])('%i bytes come back', async (size) => {
  const content = randomBytes(size);
  const sealed = await all(encrypted(pieces(content, 10_007), key, 'a'));
  expect(sealed.length).toBe(24 + size + 16 * Math.max(1, Math.ceil(size / 65_536)));
  expect((await all(decrypted(pieces(sealed, 4_099), key, 'a'))).equals(content)).toBe(true);
});

test.each([
  ['a changed byte', (text: Buffer) => Buffer.from(text.map((byte, at) => (at === 70_000 ? byte ^ 1 : byte)))],
  ['a changed salt', (text: Buffer) => Buffer.from(text.map((byte, at) => (at === 10 ? byte ^ 1 : byte)))],
  ['the last chunk cut off', (text: Buffer) => text.subarray(0, 24 + 2 * 65_552)],
  ['a cut in a chunk', (text: Buffer) => text.subarray(0, 100_000)],
  ['nothing left', (text: Buffer) => text.subarray(0, 0)],
  ['only the head', (text: Buffer) => text.subarray(0, 24)],
  ['something added', (text: Buffer) => Buffer.concat([text, Buffer.from([0])])],
  [
    'two chunks changed over',
    (text: Buffer) =>
      Buffer.concat([
        text.subarray(0, 24),
        text.subarray(24 + 65_552, 24 + 2 * 65_552),
        text.subarray(24, 24 + 65_552),
        text.subarray(24 + 2 * 65_552),
      ]),
  ],
])('%s is noticed', async (_what, change) => {
  const sealed = await all(encrypted([randomBytes(150_000)], key, 'a'));
  await expect(all(decrypted([change(sealed)], key, 'a'))).rejects.toMatchObject({ code: 'backup_damaged' });
});

test('a file does not open under another name or key', async () => {
  const sealed = await all(encrypted([Buffer.from('secrets')], key, 'a'));
  await expect(all(decrypted([sealed], key, 'b'))).rejects.toMatchObject({ code: 'backup_damaged' });
  await expect(all(decrypted([sealed], randomBytes(32), 'a'))).rejects.toMatchObject({ code: 'backup_damaged' });
});

test('a passphrase opens its own backup only, however its letters are composed', async () => {
  const made = await newBackupKey('caf\u00e9 au lait');
  expect((await openBackupKey('cafe\u0301 au lait', made.encryption)).files.equals(made.files)).toBe(true);
  await expect(openBackupKey('cafe au lait', made.encryption)).rejects.toMatchObject({
    code: 'backup_passphrase_wrong',
  });
  expect(() => newBackupKey('short')).toThrow(expect.objectContaining({ code: 'passphrase_too_short' }));
});
