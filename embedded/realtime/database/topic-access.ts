import type { Pool } from 'pg';
import { z } from 'zod';
import type { Identity } from '../token/verifier.ts';

/** What RLS on realtime.messages lets an identity do on a private topic. */
export interface TopicAccess {
  read: { broadcast: boolean; presence: boolean };
  write: { broadcast: boolean; presence: boolean };
}

/** A public channel asks nobody. */
export const openAccess: TopicAccess = {
  read: { broadcast: true, presence: true },
  write: { broadcast: true, presence: true },
};

const rowSchema = z.object({
  access: z.object({ read: z.array(z.string()), write: z.array(z.string()), error: z.string().optional() }),
});

/** Asks the database with the identity's role and claims; one round trip, nothing stays behind. */
export async function probeTopic(
  pool: Pool,
  topic: string,
  identity: Identity,
  headers: Record<string, string>,
): Promise<TopicAccess> {
  const result = await pool.query('select realtime.sfp_probe_topic($1, $2, $3, $4) as access', [
    topic,
    identity.role,
    identity.json,
    JSON.stringify(headers),
  ]);
  const { read, write } = rowSchema.parse(result.rows[0]).access;
  return {
    read: { broadcast: read.includes('broadcast'), presence: read.includes('presence') },
    write: { broadcast: write.includes('broadcast'), presence: write.includes('presence') },
  };
}
