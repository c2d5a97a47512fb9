/** Protocol version of a socket: 1.0.0 is JSON objects, 2.0.0 JSON arrays and binary frames. */
export type Vsn = '1.0.0' | '2.0.0';

/** A reference is echoed as it came; clients send strings, the protocol does not insist. */
export type Ref = string | number | boolean | null;

/** The body of a binary push (kind 0 or 3): raw bytes that are passed on as they are. */
export interface BinaryBody {
  kind: 'push' | 'user';
  encoding: 'json' | 'binary';
  event: string;
  /** Header metadata of kind 3, JSON text, empty when absent. */
  meta: string;
  data: Buffer;
}

/** One frame of a client, of either version. `binary` is set when it came as a binary frame. */
export interface ClientMessage {
  joinRef: Ref;
  ref: Ref;
  topic: string | null;
  event: string;
  payload: unknown;
  binary?: BinaryBody;
}

/** A frame ready to be written: text is kept as bytes, so that a fan-out encodes it once. */
export interface WireFrame {
  data: Buffer;
  binary: boolean;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
