import { type ClientMessage, isRecord, type Ref, type Vsn, type WireFrame } from './message.ts';

/** Parses a text frame; undefined when it is malformed, which the protocol answers with silence. */
export function parseText(vsn: Vsn, text: string): ClientMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return vsn === '1.0.0' ? parseObject(value) : parseArray(value);
}

function parseObject(value: unknown): ClientMessage | undefined {
  if (!isRecord(value) || !('ref' in value) || !('payload' in value)) return undefined;
  return toMessage(value.join_ref ?? null, value.ref, value.topic, value.event, value.payload);
}

function parseArray(value: unknown): ClientMessage | undefined {
  if (!Array.isArray(value) || value.length < 5) return undefined;
  const [joinRef, ref, topic, event, payload]: unknown[] = value;
  return toMessage(joinRef, ref, topic, event, payload);
}

function toMessage(
  joinRef: unknown,
  ref: unknown,
  topic: unknown,
  event: unknown,
  payload: unknown,
): ClientMessage | undefined {
  if (!isRef(joinRef) || !isRef(ref) || typeof event !== 'string') return undefined;
  if (typeof topic !== 'string' && topic !== null) return undefined;
  return { joinRef, ref, topic, event, payload };
}

const isRef = (value: unknown): value is Ref =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** A server frame whose payload is JSON text already. Version 1 has no join_ref on the wire. */
export function encodeText(
  vsn: Vsn,
  frame: { joinRef: Ref; ref: Ref; topic: string | null; event: string; payload: string },
): WireFrame {
  const topic = JSON.stringify(frame.topic);
  const event = JSON.stringify(frame.event);
  const ref = JSON.stringify(frame.ref);
  const text =
    vsn === '1.0.0'
      ? `{"ref":${ref},"event":${event},"payload":${frame.payload},"topic":${topic}}`
      : `[${JSON.stringify(frame.joinRef)},${ref},${topic},${event},${frame.payload}]`;
  return { data: Buffer.from(text), binary: false };
}
