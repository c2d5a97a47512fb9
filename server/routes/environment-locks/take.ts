import { createRoute } from '@hono/zod-openapi';
import { takeLockSchema } from '../../../contracts/api/environment-lock.ts';
import { environmentLockSchema } from '../../../contracts/environment-lock.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotencyKeyOf } from '../../http/idempotency.ts';
import { environmentLockRowSchema, toEnvironmentLock } from '../../rows/environment-lock.ts';
import { fetchRows } from '../../services/database.ts';
import { findEnvironment } from '../environments/find.ts';
import { environmentParameters } from './parameters.ts';

const route = createRoute({
  method: 'post',
  path: '/environments/{id}/locks',
  tags: ['Locks'],
  summary: 'Take a ticket in the line for an environment',
  description:
    'Answers at once, with status `held` or with the place in the line. Repeated with the same `Idempotency-Key` it answers the same ticket as it is then. A waiting ticket whose holder does not show itself (PATCH) for `keepSeconds` expires; one whose turn comes is held, and its lease begins when its holder shows itself, again within `keepSeconds`.',
  security: bearer,
  request: { params: environmentParameters, body: jsonBody(takeLockSchema) },
  responses: { 201: jsonAnswer(environmentLockSchema, 'The ticket'), ...problems },
});

export const takeLock: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { id } = await findEnvironment(db, c.req.valid('param').id);
    const { reason, leaseSeconds, keepSeconds } = c.req.valid('json');
    // The ticket itself keeps the key, so that a server that dies between making it and answering makes no second one.
    const taken = db.rpc('take_environment_lock', {
      p_environment_id: id,
      p_reason: reason ?? null,
      p_lease_seconds: leaseSeconds,
      p_wait_seconds: keepSeconds,
      p_request_key: idempotencyKeyOf(c) ?? null,
    });
    return c.json(toEnvironmentLock(await fetchRows(taken, environmentLockRowSchema)), 201);
  });
