const postgresEpochMs = Date.UTC(2000, 0, 1);

/**
 * The CopyData message that tells the walsender how far we are. Written, flushed and applied are exactly what was received: a fast
 * shutdown of Postgres waits until the acknowledged position equals what it sent, one byte more and it never ends.
 */
export function standbyStatus(position: bigint, nowMs: number): Buffer {
  const message = Buffer.alloc(39);
  message.write('d', 0);
  message.writeInt32BE(38, 1);
  message.write('r', 5);
  for (const offset of [6, 14, 22]) message.writeBigUInt64BE(position, offset);
  message.writeBigInt64BE(BigInt(nowMs - postgresEpochMs) * 1000n, 30);
  return message;
}

export type WalMessage =
  | { kind: 'data'; position: bigint; body: Buffer }
  | { kind: 'keepalive'; position: bigint; replyNow: boolean };

/** Parses what arrives in copy mode; undefined for a kind that this protocol version does not know. */
export function parseWalMessage(chunk: Buffer): WalMessage | undefined {
  if (chunk[0] === 0x77) return { kind: 'data', position: chunk.readBigUInt64BE(9), body: chunk.subarray(25) };
  if (chunk[0] === 0x6b) return { kind: 'keepalive', position: chunk.readBigUInt64BE(1), replyNow: chunk[17] === 1 };
  return undefined;
}
