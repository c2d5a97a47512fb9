import { z } from 'zod';
import { dispatchTopic } from '../../contracts/topic.ts';
import { jsonText } from '../json-text.ts';

const replySchema = jsonText.pipe(
  z.object({
    event: z.string(),
    ref: z.string().nullish(),
    payload: z.object({ status: z.string().optional(), response: z.unknown() }).optional(),
  }),
);

/**
 * One private join, over the wire: it passes only when the gateway, Realtime, its token check and its database all work.
 * Rejects with the reason. Realtime's own health endpoint is closed at the gateway, and says "healthy" from memory.
 */
export function probeRealtime({
  url,
  publishableKey,
  token,
  signal,
}: {
  url: string;
  publishableKey: string;
  token: string;
  signal: AbortSignal;
}): Promise<void> {
  const address = new URL(`${url.replace(/^http/, 'ws')}/realtime/v1/websocket`);
  address.searchParams.set('apikey', publishableKey);
  address.searchParams.set('vsn', '1.0.0');
  const socket = new WebSocket(address);
  return new Promise<void>((resolve, reject) => {
    const fail = (reason: string): void => reject(new Error(reason));
    signal.addEventListener('abort', () => fail('realtime did not answer'), { once: true });
    socket.addEventListener('error', () => fail('realtime refused the connection'));
    socket.addEventListener('close', ({ code }) => fail(`realtime closed the connection (${code})`));
    socket.addEventListener('open', () => {
      const payload = { config: { broadcast: {}, presence: {}, private: true }, access_token: token };
      socket.send(
        JSON.stringify({ topic: `realtime:${dispatchTopic}`, event: 'phx_join', payload, ref: '1', join_ref: '1' }),
      );
    });
    socket.addEventListener('message', ({ data }) => {
      const reply = replySchema.safeParse(String(data));
      if (!reply.success || reply.data.event !== 'phx_reply' || reply.data.ref !== '1') return;
      const { status, response } = reply.data.payload ?? {};
      if (status === 'ok') resolve();
      else fail(`realtime refused a private channel: ${JSON.stringify(response)}`);
    });
  }).finally(() => socket.close());
}
