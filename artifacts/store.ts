import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { artifactChanged, artifactDamaged, artifactMissing, asStoreFull, storeMissing } from './store-failure.ts';

/** What a file holds. */
export interface Content {
  /** SHA-256, hex. */
  digest: string;
  sizeBytes: number;
}

const chunkBytes = 1_048_576;
const temporarySuffix = '.tmp';
const algorithm = 'sha256';

/**
 * Contents by their digest: `sha256/ab/abcdef…`, one file each. A file gets its name when all of it is on the disk, so one
 * that is there is whole; what a killed writer leaves is a temporary file. It is checked at every reading all the same.
 */
export class ArtifactStore {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** @throws SfpError `artifacts_dir_missing`: whoever runs the processes makes the directory, so that a disk that is not mounted is noticed. */
  static async open(directory: string): Promise<ArtifactStore> {
    const found = await stat(directory).catch((error: NodeJS.ErrnoException) => {
      throw storeMissing(directory, error.message, error);
    });
    if (!found.isDirectory()) throw storeMissing(directory, 'it is no directory');
    return new ArtifactStore(directory);
  }

  pathOf(digest: string): string {
    return join(this.directory, algorithm, digest.slice(0, 2), digest);
  }

  /** Stores a file, or bytes, of which the digest is known. One that is there, and whole, is only touched. */
  async put(source: string | Buffer, content: Content): Promise<void> {
    const final = this.pathOf(content.digest);
    if (await this.#keep(final, content)) return;
    const directory = dirname(final);
    const temporary = join(
      directory,
      `.${content.digest.slice(0, 16)}-${randomBytes(8).toString('hex')}${temporarySuffix}`,
    );
    try {
      await this.#makeDirectory(directory);
      const written = await copyDurably(source, temporary);
      if (written.digest !== content.digest)
        throw artifactChanged(typeof source === 'string' ? basename(source) : content.digest);
      await rename(temporary, final);
      await syncDirectory(directory);
    } catch (error) {
      await rm(temporary, { force: true });
      throw asStoreFull(error, this.directory);
    }
  }

  /**
   * The content, checked while it is read: its last piece comes only after all of it was found right.
   * @throws SfpError `artifact_missing` or `artifact_damaged`
   */
  async *read(content: Content, path: string): AsyncGenerator<Uint8Array> {
    const handle = await open(this.pathOf(content.digest), 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw artifactMissing(content.digest, path);
      throw error;
    });
    try {
      const { size } = await handle.stat();
      if (size !== content.sizeBytes)
        throw artifactDamaged(content.digest, path, `${size} bytes instead of ${content.sizeBytes}`);
      const hash = createHash(algorithm);
      let held: Uint8Array | undefined;
      for await (const chunk of chunksOf(handle, size)) {
        hash.update(chunk);
        if (held !== undefined) yield held;
        held = chunk;
      }
      const digest = hash.digest('hex');
      if (digest !== content.digest) throw artifactDamaged(content.digest, path, `its digest is ${digest}`);
      if (held !== undefined) yield held;
    } finally {
      await handle.close();
    }
  }

  /** Digests of the contents that nobody has stored or touched since. Removes what killed writers left of that age. */
  async *untouchedSince(moment: Date): AsyncGenerator<string> {
    const root = join(this.directory, algorithm);
    for (const prefix of await namesIn(root)) {
      for (const name of await namesIn(join(root, prefix))) {
        const path = join(root, prefix, name);
        const found = await stat(path).catch(absent);
        if (found === undefined || found.mtimeMs >= moment.getTime()) continue;
        if (name.endsWith(temporarySuffix)) await rm(path, { force: true });
        else yield name;
      }
    }
  }

  /** Bytes that this made free; 0 when it was not there. */
  async remove(digest: string): Promise<number> {
    const path = this.pathOf(digest);
    const found = await stat(path).catch(absent);
    await rm(path, { force: true });
    return found?.size ?? 0;
  }

  /** Touches what is there when it is right. What is not will be written anew: a build that is made again mends it. */
  async #keep(final: string, content: Content): Promise<boolean> {
    const found = await stat(final).catch(absent);
    if (found === undefined || found.size !== content.sizeBytes) return false;
    const there = await contentOf(final).catch(absent);
    if (there?.digest !== content.digest) return false;
    const now = new Date();
    return utimes(final, now, now).then(
      () => true,
      (error: NodeJS.ErrnoException) => absent(error) ?? false,
    );
  }

  async #makeDirectory(directory: string): Promise<void> {
    const made = await mkdir(directory, { recursive: true, mode: 0o700 });
    if (made === undefined) return;
    await syncDirectory(dirname(directory));
    await syncDirectory(this.directory);
  }
}

/** Digest and size of a file. */
export async function contentOf(path: string): Promise<Content> {
  const hash = createHash(algorithm);
  let sizeBytes = 0;
  for await (const chunk of fileChunks(path)) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { digest: hash.digest('hex'), sizeBytes };
}

async function copyDurably(from: string | Buffer, to: string): Promise<Content> {
  const target = await open(to, 'wx', 0o600);
  try {
    const hash = createHash(algorithm);
    let sizeBytes = 0;
    for await (const chunk of typeof from === 'string' ? fileChunks(from) : [from]) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      await target.writeFile(chunk);
    }
    await target.sync();
    return { digest: hash.digest('hex'), sizeBytes };
  } finally {
    await target.close();
  }
}

async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    yield* chunksOf(handle, (await handle.stat()).size);
  } finally {
    await handle.close();
  }
}

/** To its end, also of a file that grows. Buffers no larger than the file: most are small. */
async function* chunksOf(handle: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Math.max(1, Math.min(chunkBytes, size));
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(bytes), 0, bytes, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const namesIn = async (directory: string): Promise<string[]> => (await readdir(directory).catch(absent)) ?? [];

/** "There is no such file" as undefined; anything else goes up. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
