import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { environmentLocksSchema } from '../../../contracts/environment-lock.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { environmentLockRowSchema, toEnvironmentLock } from '../../rows/environment-lock.ts';
import { fetchRows } from '../../services/database.ts';
import { findEnvironment } from '../environments/find.ts';
import { environmentParameters } from './parameters.ts';

const route = createRoute({
  method: 'get',
  path: '/environments/{id}/locks',
  tags: ['Locks'],
  summary: 'Who has an environment and who waits for it, deployments too',
  security: bearer,
  request: { params: environmentParameters },
  responses: { 200: jsonAnswer(environmentLocksSchema, 'Holder and line'), ...problems },
});

export const listLocks: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { id } = await findEnvironment(db, c.req.valid('param').id);
    const rows = await fetchRows(
      db.rpc('environment_locks', { p_environment_id: id }),
      z.array(environmentLockRowSchema),
    );
    const locks = rows.map(toEnvironmentLock);
    const line = locks.filter(({ insideTicketId }) => insideTicketId === null);
    const answer = {
      environmentId: id,
      holder: line.find(({ status }) => status === 'held') ?? null,
      inside: locks.filter(({ insideTicketId }) => insideTicketId !== null),
      queue: line.filter(({ status }) => status === 'waiting'),
    };
    return c.json(answer, 200);
  });
