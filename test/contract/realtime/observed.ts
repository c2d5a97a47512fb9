import { cutLength } from './recording.ts';

/** A frame in the form that is compared, and the key under which it is found again among what arrived. */
export interface Observed {
  key: string;
  value: unknown;
  /** Characters or bytes on the wire. */
  size: number;
  /** The recording holds only its beginning: kind and size are compared. */
  cut?: boolean;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A text frame. `cut` is the real size of one that the recording holds only in part. */
export function observeText(text: string, cut?: number): Observed {
  if (cut !== undefined) return { key: keyOfCut(text), value: undefined, size: cut, cut: true };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { key: keyOfCut(text), value: { notJson: text }, size: text.length };
  }
  const [joinRef, ref, topic, event, payload] = Array.isArray(parsed)
    ? parsed
    : isRecord(parsed)
      ? [parsed.join_ref, parsed.ref, parsed.topic, parsed.event, parsed.payload]
      : [];
  const value = { joinRef, ref, topic, event, payload: presenceAsList(String(event), payload) };
  return { key: keyOf(topic, event, ref), value, size: text.length };
}

export function observeBinary(frame: Buffer): Observed {
  const [kind] = frame;
  const lengths = kind === 2 ? [frame[1], frame[2], 0] : [frame[1], frame[2], frame[3]];
  let at = kind === 2 ? 3 : 5;
  const texts = lengths.map((length = 0) => {
    const text = frame.toString('utf8', at, at + length);
    at += length;
    return text;
  });
  const [topic = '', event = '', meta = ''] = texts;
  const data = frame.subarray(at);
  const enc = kind === 2 ? undefined : frame[4];
  const value = {
    kind,
    enc,
    topic,
    event,
    meta: meta === '' ? '' : JSON.parse(meta),
    data: enc === 1 && isJson(data.toString()) ? JSON.parse(data.toString()) : data.toString('base64'),
  };
  return { key: keyOf(topic, 'broadcast', null), value, size: frame.length };
}

/** The same for a line of a recording. */
export function observeRecorded(kind: string | undefined, frame: unknown): Observed {
  if (kind === 'text') return observeText(String(frame), cutLength(frame));
  if (kind === 'binary') {
    const cut = cutLength(frame);
    if (cut === undefined) return observeBinary(Buffer.from(String(frame), 'base64'));
    const { key } = observeBinary(Buffer.from(String(frame).slice(0, 400), 'base64'));
    return { key, value: undefined, size: (cut * 3) / 4, cut: true };
  }
  return { key: kind ?? '', value: frame, size: 0 };
}

const keyOf = (topic: unknown, event: unknown, ref: unknown): string => JSON.stringify([topic, event, ref ?? null]);

/** Member order is not fixed: the outer event and topic are looked for in what is there. */
function keyOfCut(text: string): string {
  const event = /"(broadcast|postgres_changes|phx_reply|system)"/.exec(text)?.[1];
  const topic = /"(realtime:[^"]+)"/.exec(text)?.[1];
  return keyOf(topic ?? '*', event, null);
}

/** Presence keys may be random: as a list they can be bound like other values. */
function presenceAsList(event: string, payload: unknown): unknown {
  if (!event.startsWith('presence_') || !isRecord(payload)) return payload;
  const list = (map: unknown): unknown =>
    isRecord(map) ? Object.entries(map).map(([key, entry]) => ({ key, entry })) : map;
  return event === 'presence_diff' ? { joins: list(payload.joins), leaves: list(payload.leaves) } : list(payload);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
