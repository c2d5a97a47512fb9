import { createReadStream } from 'node:fs';

/** A file's content, opened when it is read: a stream that fails before somebody listens would end the process. */
export async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path);
}
