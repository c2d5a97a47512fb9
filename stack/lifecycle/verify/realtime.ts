import { randomUUID } from 'node:crypto';
import type { RealtimeChannel } from '@supabase/supabase-js';
import { gatewayClient, type Verification } from './verification.ts';

const limitMs = 20_000;

/** A message that is sent through the gateway to Realtime comes back to its sender. */
export const realtimeVerification: Verification = {
  name: 'realtime',
  title: 'Realtime',
  async run({ url, stack }) {
    const client = gatewayClient(url, stack.secrets.secretKey);
    const channel = client.channel(`verify-${randomUUID()}`, { config: { broadcast: { self: true } } });
    const began = performance.now();
    try {
      await roundTrip(channel);
      return `a message came back after ${Math.round(performance.now() - began)} ms`;
    } finally {
      await client.removeAllChannels();
      await client.realtime.disconnect();
    }
  },
};

const roundTrip = (channel: RealtimeChannel): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no message came back in ${limitMs / 1000} s`)), limitMs);
    const settle = (settled: () => void): void => {
      clearTimeout(timer);
      settled();
    };
    channel.on('broadcast', { event: 'verify' }, () => settle(resolve));
    channel.subscribe((status, error) => {
      if (status === 'SUBSCRIBED') void channel.send({ type: 'broadcast', event: 'verify', payload: {} });
      // The client joins again by itself after an error; what counts is that it works within the time.
      else if (status === 'CLOSED') settle(() => reject(error ?? new Error('the channel was closed')));
    });
  });
