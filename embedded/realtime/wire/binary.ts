import type { ClientMessage, WireFrame } from './message.ts';

const kinds = { push: 0, broadcast: 2, userPush: 3, userBroadcast: 4 } as const;
const jsonEncoding = 1;

/**
 * Parses a binary frame of a version 2 client: kind 0 (push) or 3 (user push). Every length is one byte and counts UTF-8
 * bytes. Undefined when it is malformed.
 */
export function parseBinary(frame: Buffer): ClientMessage | undefined {
  const kind = frame[0];
  if (kind === kinds.push) return parsePush(frame);
  return kind === kinds.userPush ? parseUserPush(frame) : undefined;
}

function parsePush(frame: Buffer): ClientMessage | undefined {
  const parts = slices(frame, 1, 4, 5);
  if (parts === undefined) return undefined;
  const [joinRef = '', ref = '', topic = '', event = ''] = parts.texts;
  return message(joinRef, ref, topic, event, 'push', 'binary', event, '', frame.subarray(parts.end));
}

function parseUserPush(frame: Buffer): ClientMessage | undefined {
  const encoding = frame[6];
  const parts = slices(frame, 1, 5, 7);
  if (parts === undefined || encoding === undefined) return undefined;
  const [joinRef = '', ref = '', topic = '', event = '', meta = ''] = parts.texts;
  const format = encoding === jsonEncoding ? 'json' : 'binary';
  return message(joinRef, ref, topic, 'broadcast', 'user', format, event, meta, frame.subarray(parts.end));
}

function message(
  joinRef: string,
  ref: string,
  topic: string,
  event: string,
  kind: 'push' | 'user',
  encoding: 'json' | 'binary',
  userEvent: string,
  meta: string,
  data: Buffer,
): ClientMessage {
  return { joinRef, ref, topic, event, payload: undefined, binary: { kind, encoding, event: userEvent, meta, data } };
}

/** Reads `count` one-byte lengths at `lengthsAt` and the texts they announce from `textsAt` on. */
function slices(
  frame: Buffer,
  lengthsAt: number,
  count: number,
  textsAt: number,
): { texts: string[]; end: number } | undefined {
  let at = textsAt;
  const texts: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const length = frame[lengthsAt + index];
    if (length === undefined || at + length > frame.length) return undefined;
    texts.push(frame.toString('utf8', at, at + length));
    at += length;
  }
  return { texts, end: at };
}

/** Kind 2: a broadcast of bytes that came as a plain push. Undefined when a part is longer than its length byte can say. */
export const encodeBroadcast = (topic: string, event: string, data: Buffer): WireFrame | undefined =>
  encode([kinds.broadcast], [topic, event], [], data);

/** Kind 4: a user's broadcast. `meta` is JSON text or empty. Undefined when a part is longer than 255 bytes. */
export const encodeUserBroadcast = (frame: {
  topic: string;
  event: string;
  meta: string;
  encoding: 'json' | 'binary';
  data: Buffer;
}): WireFrame | undefined =>
  encode(
    [kinds.userBroadcast],
    [frame.topic, frame.event, frame.meta],
    [frame.encoding === 'json' ? jsonEncoding : 0],
    frame.data,
  );

function encode(head: number[], texts: string[], tail: number[], data: Buffer): WireFrame | undefined {
  const parts = texts.map((text) => Buffer.from(text));
  if (parts.some((part) => part.length > 255)) return undefined;
  const lengths = parts.map((part) => part.length);
  return { data: Buffer.concat([Buffer.from([...head, ...lengths, ...tail]), ...parts, data]), binary: true };
}
