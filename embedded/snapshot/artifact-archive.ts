import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const blockBytes = 512;
const chunkBytes = 1_048_576;
const digest = /^[0-9a-f]{64}$/;

/** Paths below the store of every whole content. Temporary files of writers are none. */
async function* contentsOf(directory: string): AsyncGenerator<string> {
  for (const prefix of await namesIn(join(directory, 'sha256'))) {
    for (const name of await namesIn(join(directory, 'sha256', prefix))) {
      if (digest.test(name)) yield join('sha256', prefix, name);
    }
  }
}

/** Bytes that the store takes. */
export async function storedBytes(directory: string): Promise<number> {
  let bytes = 0;
  for await (const path of contentsOf(directory)) bytes += (await stat(join(directory, path)).catch(absent))?.size ?? 0;
  return bytes;
}

/**
 * The artifact store as a tar archive, while builds are made: what is stored is never changed, and nothing that the copied
 * database refers to is removed meanwhile. What was already on its way out may be gone when its turn comes.
 */
export async function* artifactArchive(directory: string): AsyncGenerator<Uint8Array> {
  const { Header } = await import('tar');
  const headerOf = (path: string, size: number, type: 'File' | 'Directory'): Buffer => {
    const header = new Header({ path, mode: type === 'File' ? 0o600 : 0o700, size, type, mtime: new Date() });
    header.encode();
    if (header.block === undefined) throw new Error(`no header for ${path}`);
    return header.block;
  };
  // First, also when it is all: the tar package takes an archive without an entry for none.
  yield headerOf('sha256/', 0, 'Directory');
  for await (const path of contentsOf(directory)) {
    const file = await open(join(directory, path), 'r').catch(absent);
    if (file === undefined) continue;
    try {
      const { size } = await file.stat();
      yield headerOf(path, size, 'File');
      yield* chunksOf(file, size);
      yield Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes);
    } finally {
      await file.close();
    }
  }
  yield Buffer.alloc(2 * blockBytes);
}

async function* chunksOf(file: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, Math.min(left, chunkBytes), null);
    if (bytesRead === 0) throw new Error('a file of the artifact store became shorter');
    left -= bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

const namesIn = async (directory: string): Promise<string[]> => (await readdir(directory).catch(absent)) ?? [];

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
