import { topicPrefix } from '../../channel/channel.ts';
import { FrameSet } from '../../channel/topic.ts';
import { encodeBroadcast, encodeUserBroadcast } from '../../wire/binary.ts';
import { encodeText } from '../../wire/text.ts';

/** A broadcast to a topic (without its prefix). `payload` is JSON text, `bytes` a binary one; `meta` JSON text or empty. */
export interface Broadcast {
  topic: string;
  event: string;
  meta: string;
  payload?: string;
  bytes?: Buffer;
}

const textFrame = (topic: string, payload: string) => (vsn: '1.0.0' | '2.0.0') =>
  encodeText(vsn, { joinRef: null, ref: null, topic: topicPrefix + topic, event: 'broadcast', payload });

const envelope = ({ event, meta, payload }: Broadcast): string =>
  `{"event":${JSON.stringify(event)},${meta === '' ? '' : `"meta":${meta},`}"payload":${payload},"type":"broadcast"}`;

/** For messages from the database, the HTTP API and binary pushes: version 2 gets a binary frame, version 1 JSON. */
export function userBroadcastFrames(broadcast: Broadcast): FrameSet {
  const { topic, event, meta, payload, bytes } = broadcast;
  const text = textFrame(topic, envelope(broadcast));
  return new FrameSet({
    // Bytes have no place in a JSON frame.
    '1.0.0': () => (payload === undefined ? undefined : text('1.0.0')),
    '2.0.0': () =>
      encodeUserBroadcast({
        topic: topicPrefix + topic,
        event,
        meta,
        encoding: payload === undefined ? 'binary' : 'json',
        data: bytes ?? Buffer.from(payload ?? ''),
        // A topic or event over 255 bytes does not fit the binary header: JSON text carries it.
      }) ?? (payload === undefined ? undefined : text('2.0.0')),
  });
}

/** For text pushes: the payload goes to everybody as it came. */
export function textBroadcastFrames(topic: string, payload: string): FrameSet {
  const text = textFrame(topic, payload);
  return new FrameSet({ '1.0.0': () => text('1.0.0'), '2.0.0': () => text('2.0.0') });
}

/** For plain binary pushes (kind 0), which version 1 cannot carry. */
export function rawBroadcastFrames(topic: string, bytes: Buffer): FrameSet {
  return new FrameSet({
    '1.0.0': () => undefined,
    '2.0.0': () => encodeBroadcast(topicPrefix + topic, 'broadcast', bytes),
  });
}
