import { createClient } from '@supabase/supabase-js';
import type { Logger } from 'pino';
import { dispatchTopic } from '../../contracts/topic.ts';
import type { TokenMint } from './token-mint.ts';

/** A token for Realtime alone: the secret key is none that a channel could verify. */
export const mintServiceToken = async (mint: TokenMint): Promise<string> =>
  (await mint.mint({ role: 'service_role', aud: 'authenticated' }, 3_600)).token;

/**
 * Listens on the private topic `dispatch`, the fastest of the dispatcher's three wake-ups. supabase-js reconnects and
 * joins again by itself; what was missed meanwhile the sweep finds.
 */
export async function listenForDispatch({
  url,
  publishableKey,
  mint,
  log,
  onWake,
}: {
  url: string;
  publishableKey: string;
  mint: TokenMint;
  log: Logger;
  onWake: () => void;
}): Promise<{ stop(): Promise<void> }> {
  // Asked for again with each heartbeat; a token is good for an hour, so a new one every half is plenty.
  let current: Promise<string> | undefined;
  let renewAt = 0;
  const accessToken = async (): Promise<string> => {
    if (Date.now() >= renewAt) {
      current = mintServiceToken(mint);
      renewAt = Date.now() + 1_800_000;
    }
    return current ?? mintServiceToken(mint);
  };
  const client = createClient(url, publishableKey, { accessToken });
  // Otherwise the first join goes out before the token is known and is refused.
  await client.realtime.setAuth();
  const channel = client.channel(dispatchTopic, { config: { private: true } });
  channel.on('broadcast', { event: 'outbox' }, onWake).subscribe((status, error) => {
    log.debug({ status, reason: error?.message }, 'dispatch topic');
    // Something may have been written while nobody listened.
    if (status === 'SUBSCRIBED') onWake();
  });
  return {
    async stop() {
      await client.removeAllChannels();
      await client.realtime.disconnect();
    },
  };
}
