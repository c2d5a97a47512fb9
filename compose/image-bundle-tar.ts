import { createHash, type Hash } from 'node:crypto';
import { Header } from 'tar';
import { SfpError } from '../contracts/error.ts';

const blockBytes = 512;
const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
const padding = (size: number): number => (blockBytes - (size % blockBytes)) % blockBytes;

export interface TarEntry {
  path: string;
  sha256: string;
  /** Content of an entry that was to be kept. */
  text: string | null;
}

interface OpenEntry {
  path: string;
  left: number;
  padding: number;
  hash: Hash;
  kept: Uint8Array[] | null;
}

export interface TarReader {
  /** Entries whose content is wanted. */
  keep(path: string): boolean;
  /** Told at the end of each entry; what it throws ends the reading. */
  ended(entry: TarEntry): void;
}

/**
 * Hands the entries of a tar on, byte for byte, without the marker at its end, so that others can be put before and behind
 * them; each is hashed on its way. An archive that ends before its marker is refused.
 */
export async function* passTar(
  source: AsyncIterable<Uint8Array>,
  { keep, ended }: TarReader,
): AsyncGenerator<Uint8Array> {
  let pending: Buffer = Buffer.alloc(0);
  let open: OpenEntry | null = null;
  let over = false;
  for await (const piece of source) {
    if (over) continue; // read to the end, or who writes would wait for ever
    const chunk = pending.length === 0 ? asBuffer(piece) : Buffer.concat([pending, piece]);
    let at = 0;
    while (at < chunk.length) {
      if (open === null) {
        if (chunk.length - at < blockBytes) break;
        const header = new Header(chunk, at);
        over = header.nullBlock;
        if (over) break;
        if (!header.cksumValid) throw damagedBundle('it is not a tar archive, or a part of it is missing');
        yield chunk.subarray(at, at + blockBytes);
        at += blockBytes;
        const { path = '', size = 0 } = header;
        const kept = keep(path) ? [] : null;
        open = { path, left: size, padding: padding(size), hash: createHash('sha256'), kept };
      }
      const data: Buffer = chunk.subarray(at, at + open.left);
      open.left -= data.length;
      open.hash.update(data);
      open.kept?.push(data);
      const gap: Buffer =
        open.left > 0 ? Buffer.alloc(0) : chunk.subarray(at + data.length, at + data.length + open.padding);
      open.padding -= gap.length;
      at += data.length + gap.length;
      if (data.length > 0) yield data;
      if (gap.length > 0) yield gap;
      if (open.left > 0 || open.padding > 0) continue;
      const { path, hash, kept } = open;
      open = null;
      ended({ path, sha256: hash.digest('hex'), text: kept === null ? null : Buffer.concat(kept).toString('utf8') });
    }
    pending = chunk.subarray(at);
  }
  if (!over) throw damagedBundle('it ends in the middle');
}

/** One small file as tar bytes. */
export function tarFile(path: string, content: string): Uint8Array {
  const data = Buffer.from(content);
  const header = new Header({ path, size: data.length, mode: 0o644, type: 'File', mtime: new Date(0) });
  header.encode();
  if (header.block === undefined) throw new Error('the tar header was not encoded');
  return Buffer.concat([header.block, data, Buffer.alloc(padding(data.length))]);
}

/** Two empty blocks end an archive. */
export const tarEnd = (): Uint8Array => Buffer.alloc(2 * blockBytes);

export const damagedBundle = (detail: string): SfpError =>
  new SfpError({
    code: 'bundle_damaged',
    message: 'The file is not a whole bundle of images.',
    detail,
    suggestion: 'Copy it again, or make it again with `sfp server images save <file>`. Nothing was loaded.',
  });
