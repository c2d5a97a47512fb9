import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { z } from 'zod';
import { fetchRows } from '../services/database.ts';
import type { AppEnv, Services } from './api.ts';
import { ApiProblem } from './problem.ts';
import { seal, unseal } from './sealed.ts';

const begunSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('new') }),
  z.object({ state: z.literal('conflict') }),
  z.object({ state: z.literal('busy') }),
  z.object({ state: z.literal('replay'), status: z.number().int(), body: z.string() }),
]);

const refusals = {
  conflict: new ApiProblem(422, {
    code: 'idempotency_key_reused',
    message: 'This Idempotency-Key was used for another request.',
    suggestion: 'Use a new key for a new request.',
  }),
  busy: new ApiProblem(
    409,
    {
      code: 'idempotency_key_busy',
      message: 'The first request with this key is not answered yet.',
      suggestion: 'Try again in a moment.',
    },
    { headers: { 'retry-after': '1' } },
  ),
  unreadable: new ApiProblem(409, {
    code: 'idempotency_answer_unreadable',
    message: 'The request with this key was done; its answer cannot be given again.',
    detail: 'The key that kept it was rotated since.',
    suggestion: 'Look for what it made instead of repeating it.',
  }),
} as const;

/** The key of a request, when it has one. */
export function idempotencyKeyOf(c: Context): string | undefined {
  const key = c.req.header('idempotency-key');
  if (key === undefined || /^[\x21-\x7e]{1,200}$/.test(key)) return key;
  throw new ApiProblem(400, {
    code: 'idempotency_key_invalid',
    message: 'An Idempotency-Key has 1 to 200 printable characters.',
  });
}

/** Answers are sealed with a key that `sfp server rotate jwt` replaces; one from before is not made anew. */
function kept(sealingKey: Buffer, body: string): string {
  try {
    return unseal(sealingKey, body);
  } catch {
    throw refusals.unreadable;
  }
}

/**
 * `Idempotency-Key` on a POST that creates: the first answer is kept for a day, per user, and given again for the same
 * request; another request with the key is refused. A failed request forgets its key: nothing was made.
 */
export const idempotent = ({ databases, sealingKey, log }: Pick<Services, 'databases' | 'sealingKey' | 'log'>) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const key = idempotencyKeyOf(c);
    if (key === undefined) return next();
    const body = await c.req.text();
    const hash = createHash('sha256').update(`${c.req.method} ${c.req.path}\n${body}`).digest('hex');
    const of = { p_user_id: c.get('caller').userId, p_key: key };
    const begun = await fetchRows(
      databases.service.rpc('begin_idempotent', { ...of, p_request_hash: hash }),
      begunSchema,
    );
    if (begun.state === 'conflict' || begun.state === 'busy') throw refusals[begun.state];
    if (begun.state === 'replay') {
      return new Response(kept(sealingKey, begun.body), {
        status: begun.status,
        headers: { 'content-type': 'application/json', 'idempotency-replayed': 'true' },
      });
    }
    await next();
    // Hono turned a thrown problem into the answer already.
    const made = c.res.ok;
    const answer = made ? seal(sealingKey, await c.res.clone().text()) : null;
    const finish = { ...of, p_status: made ? c.res.status : null, p_body: answer };
    const { error } = await databases.service.rpc('finish_idempotent', finish);
    // The caller still gets the answer; without it it would ask again, and that would make a second one.
    if (error !== null) log.error({ requestId: c.get('requestId'), error: error.message }, 'idempotency key not kept');
    return undefined;
  });
