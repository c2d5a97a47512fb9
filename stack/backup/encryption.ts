import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { SfpError } from '../../contracts/error.ts';

/**
 * A file of an encrypted backup: `sfpenc1\n`, 16 bytes of salt, then chunks of 64 KiB, each sealed with AES-256-GCM (16 bytes
 * more). The file's key follows from the backup's key, the salt and the file's name; the nonce is the chunk's number and
 * whether it is the last: so chunks cannot be changed, left out, put in another order, cut off, or moved to another file.
 */
const magic = Buffer.from('sfpenc1\n');
const saltBytes = 16;
const chunkBytes = 65_536;
const tagBytes = 16;

type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export async function* encrypted(content: Bytes, key: Buffer, name: string): AsyncGenerator<Buffer> {
  const salt = randomBytes(saltBytes);
  const fileKey = keyOf(key, salt, name);
  yield Buffer.concat([magic, salt]);
  let number = 0;
  for await (const { chunk, last } of inChunks(content, chunkBytes)) {
    const cipher = createCipheriv('aes-256-gcm', fileKey, nonce(number, last));
    number += 1;
    yield Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
  }
}

/** @throws SfpError `backup_damaged` as soon as a chunk is not what was written; what came before it was. */
export async function* decrypted(content: Bytes, key: Buffer, name: string): AsyncGenerator<Buffer> {
  const source = new Prefixed(content);
  const head = await source.take(magic.length + saltBytes);
  if (!head.subarray(0, magic.length).equals(magic)) throw damaged(name);
  const fileKey = keyOf(key, head.subarray(magic.length), name);
  let number = 0;
  for await (const { chunk, last } of inChunks(source.rest(), chunkBytes + tagBytes)) {
    if (chunk.length < tagBytes) throw damaged(name);
    const decipher = createDecipheriv('aes-256-gcm', fileKey, nonce(number, last), { authTagLength: tagBytes });
    number += 1;
    decipher.setAuthTag(chunk.subarray(chunk.length - tagBytes));
    const text = decipher.update(chunk.subarray(0, chunk.length - tagBytes));
    try {
      decipher.final();
    } catch {
      throw damaged(name);
    }
    yield text;
  }
}

const keyOf = (key: Buffer, salt: Buffer, name: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, salt, `sfp backup file ${name}`, 32));

function nonce(number: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUIntBE(number, 5, 6);
  bytes[11] = last ? 1 : 0;
  return bytes;
}

const damaged = (name: string): SfpError =>
  new SfpError({
    code: 'backup_damaged',
    message: `${name} of the backup has been changed or cut off.`,
    suggestion: 'Use another backup, or another copy of this one.',
  });

/** Pieces of exactly `size`, the last one shorter or as long; one empty piece for nothing at all. */
async function* inChunks(content: Bytes, size: number): AsyncGenerator<{ chunk: Buffer; last: boolean }> {
  let held: Buffer[] = [];
  let length = 0;
  for await (const piece of content) {
    held.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
    length += piece.byteLength;
    if (length <= size) continue;
    let all = Buffer.concat(held, length);
    // A full chunk goes only when something follows it: the last one is marked.
    for (; all.length > size; all = all.subarray(size)) yield { chunk: all.subarray(0, size), last: false };
    held = [all];
    length = all.length;
  }
  yield { chunk: Buffer.concat(held, length), last: true };
}

/** A stream whose first bytes are taken one by one. */
class Prefixed {
  readonly #source: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #ahead = Buffer.alloc(0);

  constructor(content: Bytes) {
    this.#source = Symbol.asyncIterator in content ? content[Symbol.asyncIterator]() : content[Symbol.iterator]();
  }

  /** As many bytes as asked for, or all there are. */
  async take(size: number): Promise<Buffer> {
    while (this.#ahead.length < size) {
      const { done, value } = await this.#source.next();
      if (done === true) break;
      this.#ahead = Buffer.concat([this.#ahead, value]);
    }
    const taken = this.#ahead.subarray(0, size);
    this.#ahead = this.#ahead.subarray(size);
    return taken;
  }

  async *rest(): AsyncGenerator<Uint8Array> {
    if (this.#ahead.length > 0) yield this.#ahead;
    for (;;) {
      const { done, value } = await this.#source.next();
      if (done === true) return;
      yield value;
    }
  }
}
