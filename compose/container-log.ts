import { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { engine } from './engine/docker-engine.ts';
import { isGone, type StackContainer } from './stack-containers.ts';

interface LogEntry {
  line: string;
  /** RFC 3339 with nine decimals, as the engine keeps it: texts of it sort as times do. */
  timestamp: string;
}

interface LogRange {
  /** Last lines; all when absent. */
  tail?: number | undefined;
  since?: string | undefined;
  follow?: boolean;
  signal?: AbortSignal | undefined;
}

/** What a container wrote, stdout and stderr; with `follow` until the container ends or the signal comes. */
export async function* containerLog(
  { id }: Pick<StackContainer, 'id'>,
  { follow = false, signal, ...range }: LogRange,
): AsyncGenerator<LogEntry> {
  const stream = await logStream(id, follow, range, signal);
  if (stream === null) return;
  const rests = new Map<number, string>();
  try {
    for await (const { channel, text } of frames(stream)) {
      const lines = ((rests.get(channel) ?? '') + text).split('\n');
      rests.set(channel, lines.pop() ?? '');
      for (const line of lines) yield entryOf(line);
    }
    for (const rest of rests.values()) if (rest !== '') yield entryOf(rest);
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  } finally {
    stream.destroy();
  }
}

/** The last lines of a container, without their time. */
export async function lastLogLines(container: Pick<StackContainer, 'id'>, tail: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const { line } of containerLog(container, { tail })) lines.push(line);
  return lines;
}

const entryOf = (text: string): LogEntry => {
  const space = text.indexOf(' ');
  return { timestamp: text.slice(0, space), line: text.slice(space + 1).replace(/\r$/, '') };
};

async function logStream(
  id: string,
  follow: boolean,
  { tail, since }: LogRange,
  signal: AbortSignal | undefined,
): Promise<Readable | null> {
  const options = {
    stdout: true,
    stderr: true,
    timestamps: true,
    ...(tail === undefined ? {} : { tail }),
    ...(since === undefined ? {} : { since: engineTime(since) }),
    ...(signal === undefined ? {} : { abortSignal: signal }),
  };
  try {
    return await engine(
      async (client) => {
        const container = client.getContainer(id);
        if (!follow) return Readable.from([await container.logs({ ...options, follow: false })]);
        return new Readable().wrap(await container.logs({ ...options, follow: true }));
      },
      { lasts: follow },
    );
  } catch (error) {
    if (isGone(error) || signal?.aborted === true) return null;
    throw error;
  }
}

/** Seconds and nanoseconds: the engine takes no other text. */
function engineTime(timestamp: string): string {
  const decimals = /\.(\d+)/.exec(timestamp)?.[1] ?? '';
  return `${Math.floor(Date.parse(timestamp) / 1000)}.${decimals.padEnd(9, '0').slice(0, 9)}`;
}

const headerBytes = 8;

/**
 * The engine's frames: a header of eight bytes, the first of which tells stdout from stderr and the last four the length
 * (Docker Engine API, ContainerAttach).
 */
async function* frames(stream: AsyncIterable<Uint8Array>): AsyncGenerator<{ channel: number; text: string }> {
  let pending = Buffer.alloc(0);
  const decoders = new Map<number, StringDecoder>();
  for await (const chunk of stream) {
    pending = pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([pending, chunk]);
    while (pending.length >= headerBytes) {
      const end = headerBytes + pending.readUInt32BE(4);
      if (pending.length < end) break;
      const channel = pending[0] ?? 0;
      const decoder = decoders.get(channel) ?? new StringDecoder('utf8');
      decoders.set(channel, decoder);
      yield { channel, text: decoder.write(pending.subarray(headerBytes, end)) };
      pending = pending.subarray(end);
    }
  }
}
