import { randomUUID } from 'node:crypto';
import { createMiddleware } from 'hono/factory';
import type { Logger } from 'pino';
import type { AppEnv } from './api.ts';

/** Gives each request its id and source, and writes one line when it is answered: no query, no header, no body. */
export const requestLog = (log: Logger) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const begun = performance.now();
    const given = c.req.header('x-request-id');
    const requestId = given !== undefined && /^[\w-]{8,64}$/.test(given) ? given : randomUUID();
    c.set('requestId', requestId);
    c.set('source', {
      requestId,
      // The last hop is the gateway's word; what stands before it is whatever the client claimed.
      address: c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim(),
      userAgent: c.req.header('user-agent'),
    });
    await next();
    c.res.headers.set('x-request-id', requestId);
    const status = c.res.status;
    // Health is asked all the time, and a part that is down is its answer, not its failure.
    const level = c.req.path.includes('/health') ? 'debug' : status >= 500 ? 'error' : 'info';
    log[level](
      { requestId, method: c.req.method, path: c.req.path, status, ms: Math.round(performance.now() - begun) },
      'request',
    );
  });
