import type { Client } from 'pg';
import { SfpError } from '../contracts/error.ts';

/** What auth, realtime and the image must have made before ours can run (order of a start: design.md section 4). */
const needed = [
  { name: 'auth.users', probe: `to_regclass('auth.users')`, from: 'auth' },
  { name: 'auth.jwt()', probe: `to_regprocedure('auth.jwt()')`, from: 'auth' },
  { name: 'realtime.messages', probe: `to_regclass('realtime.messages')`, from: 'realtime' },
  { name: 'realtime.send()', probe: `to_regprocedure('realtime.send(jsonb,text,text,boolean)')`, from: 'realtime' },
  { name: 'realtime.topic()', probe: `to_regprocedure('realtime.topic()')`, from: 'realtime' },
  {
    name: 'vault.create_secret()',
    probe: `to_regprocedure('vault.create_secret(text,text,text,uuid)')`,
    from: 'the database',
  },
  {
    name: 'net.http_post()',
    probe: `to_regprocedure('net.http_post(text,jsonb,jsonb,jsonb,integer)')`,
    from: 'the database',
  },
] as const;

/** Realtime starts even when its own migrations failed, so "healthy" does not mean that its objects are there. */
export async function checkPreconditions(client: Client): Promise<void> {
  const probes = needed.map(({ probe }) => `${probe} is not null`).join(', ');
  const { rows } = await client.query<boolean[]>({ text: `select ${probes}`, rowMode: 'array' });
  const missing = needed.filter((_, index) => rows[0]?.[index] !== true);
  if (missing.length === 0) return;
  throw new SfpError({
    code: 'migration_preconditions',
    message: `The database is not ready for migrations: ${missing.map(({ name }) => name).join(', ')} missing.`,
    detail: missing.map(({ name, from }) => `${name} is made by ${from}`).join('\n'),
    suggestion: 'Start auth and realtime first and look into their logs: their own migrations did not finish.',
  });
}
