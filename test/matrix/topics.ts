import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { decodeJwt } from 'jose';
import { Client } from 'pg';
import { z } from 'zod';
import type { Actor } from '../../contracts/permissions/rule.ts';
import { dispatchTopic, topic } from '../../contracts/topic.ts';
import { roleTable } from '../../embedded/roles/role-table.ts';
import { parseEnv } from '../../server/env.ts';
import { mintServiceToken } from '../../server/services/dispatch-wake.ts';
import { createTokenMint } from '../../server/services/token-mint.ts';
import type { Outcome } from './outcome.ts';
import type { World } from './world.ts';

/** Every actor's way to Realtime: a socket each, and what the policies say about presence and broadcasts. */
export interface Doors {
  join(actor: Actor, name: string): Promise<Outcome>;
  rights(actor: Actor, name: string): Promise<{ presence: boolean; broadcast: boolean }>;
  close(): Promise<void>;
}

const rightsSchema = z.object({ read: z.array(z.string()), write: z.array(z.string()) });

export async function openDoors({ stack, restToken }: World): Promise<Doors> {
  const clients = new Map<Actor, SupabaseClient>();
  const admin = new Client({ connectionString: stack.context.databaseUrl('supabase_admin') });
  await admin.connect();
  const { signingKey } = parseEnv(roleTable.api.env(stack.context));
  const serviceToken = await mintServiceToken(await createTokenMint(signingKey, `${stack.url}/auth/v1`));
  // The secret key is none that a channel could verify.
  const tokenOf = (actor: Actor) => (actor === 'service_role' ? serviceToken : restToken(actor));

  async function clientOf(actor: Actor): Promise<SupabaseClient> {
    const known = clients.get(actor);
    if (known !== undefined) return known;
    const token = tokenOf(actor);
    const { publishableKey } = stack.context.secrets;
    const client = createClient(
      stack.url,
      publishableKey,
      token === undefined ? { auth: { persistSession: false } } : { accessToken: async () => token },
    );
    if (token !== undefined) await client.realtime.setAuth();
    clients.set(actor, client);
    return client;
  }

  return {
    async join(actor, name) {
      const client = await clientOf(actor);
      const channel = client.channel(name, { config: { private: true } });
      const status = await new Promise<string>((resolve) => {
        channel.subscribe((found) => resolve(found));
      });
      await client.removeChannel(channel);
      if (status === 'SUBSCRIBED') return true;
      return status === 'CHANNEL_ERROR' ? false : status;
    },
    async rights(actor, name) {
      const token = tokenOf(actor);
      const claims = token === undefined ? { role: 'anon' } : decodeJwt(token);
      const { rows } = await admin.query('select realtime.sfp_probe_topic($1, $2, $3, $4) as rights', [
        name,
        String(claims.role),
        JSON.stringify(claims),
        '{}',
      ]);
      const { read, write } = rightsSchema.parse(rows[0]?.rights);
      return {
        presence: read.includes('presence') && write.includes('presence'),
        broadcast: write.includes('broadcast'),
      };
    },
    async close() {
      for (const client of clients.values()) {
        await client.removeAllChannels();
        await client.realtime.disconnect();
      }
      await admin.end();
    },
  };
}

/** A name of each kind of topic, of things of the world's account. */
export const topicNames = (world: World) => ({
  task: topic('task', world.task),
  environment: topic('environment', world.environment),
  project: topic('project', world.project),
  account: topic('account', world.account),
  [dispatchTopic]: dispatchTopic,
});
