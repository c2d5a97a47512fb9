import type { Client } from 'pg';

/** Documents a statement: what is under way at an interrupt is over in seconds. */
const perStep = 20_000;
const maxFillMs = Number(process.env.SFP_BENCH_FILL_MS ?? 90_000);

export const runKey = (n: number): string => `run/${String(n).padStart(7, '0')}`;

/** So many documents like those of builds, straight into the shared table; fewer when the time is up. How many there are. */
export async function fillDocuments(
  client: Client,
  collectionId: string,
  upTo: number,
  signal: AbortSignal,
): Promise<number> {
  const until = performance.now() + maxFillMs;
  let have = 0;
  await client.query('set synchronous_commit = off');
  for (; have < upTo && performance.now() < until; have += perStep) {
    signal.throwIfAborted();
    await client.query(
      `insert into private.documents (collection_id, key, value, bytes)
       select $1, 'run/' || lpad(n::text, 7, '0'), v, octet_length(v::text) from generate_series($2::int, $3::int) n,
       lateral (select jsonb_build_object('status', case when n % 1000 = 0 then 'failed' else 'ok' end,
         'build', jsonb_build_object('number', n, 'ref', 'main'), 'size', n % 997, 'commit', md5(n::text)) v) v`,
      [collectionId, have, Math.min(have + perStep, upTo) - 1],
    );
  }
  await client.query('reset synchronous_commit; analyze private.documents');
  return Math.min(have, upTo);
}
