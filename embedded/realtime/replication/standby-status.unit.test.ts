import { expect, test } from 'vitest';
import { parseWalMessage, standbyStatus } from './standby-status.ts';

test('what is acknowledged is what was received, not a byte more', () => {
  const keepalive = Buffer.alloc(18);
  keepalive.write('k', 0);
  keepalive.writeBigUInt64BE(0x16b374d848n, 1);
  keepalive.writeUInt8(1, 17);
  const message = parseWalMessage(keepalive);
  expect(message).toEqual({ kind: 'keepalive', position: 0x16b374d848n, replyNow: true });
  const status = standbyStatus(message?.position ?? 0n, Date.UTC(2026, 0, 1));
  expect(status.readInt32BE(1)).toBe(status.length - 1);
  expect([6, 14, 22].map((offset) => status.readBigUInt64BE(offset))).toEqual(Array(3).fill(0x16b374d848n));
  expect(status.readBigInt64BE(30)).toBe(BigInt(Date.UTC(2026, 0, 1) - Date.UTC(2000, 0, 1)) * 1000n);
});
