import { Hono } from 'hono';
import type { EngineParts } from '../engine-parts.ts';
import { engineVersion } from '../version.ts';
import { catalogRoutes } from './catalog-routes.ts';
import { metricsRoutes } from './metrics-routes.ts';
import { RestRefusal, requireUuid } from './query.ts';
import { runRoutes } from './run-routes.ts';
import { workerRoutes } from './worker-routes.ts';

const bearer = /^Bearer (.+)$/;

/** The REST side: the part of the API that the SDK calls. */
export function restApp(parts: EngineParts): Hono {
  const app = new Hono();
  const startedAt = new Date();

  app.get('/api/live', (c) => c.body(null, 200));
  app.get('/api/ready', (c) => c.body(null, 200));
  app.get('/api/v1/version', (c) => c.json({ version: engineVersion }));

  app.use('/api/v1/*', async (c, next) => {
    const token = bearer.exec(c.req.header('authorization') ?? '')?.[1];
    if (token === undefined || !(await parts.checkToken(token)))
      return c.json({ message: 'Please provide valid credentials' }, 403);
    const tenant = /\/tenants\/([^/]+)/.exec(c.req.path)?.[1];
    if (tenant !== undefined && requireUuid(tenant, 'invalid tenant id') !== parts.tenantId)
      return c.json({ message: 'not found' }, 404);
    return next();
  });

  app.get('/api/v1/tenants/:tenant', (c) =>
    c.json({
      alertMemberEmails: true,
      analyticsOptOut: false,
      environment: 'development',
      metadata: { id: parts.tenantId, createdAt: startedAt, updatedAt: startedAt },
      name: 'Default',
      serverUrl: parts.serverUrl,
      slug: 'default',
      version: 'V1',
    }),
  );
  runRoutes(app, parts);
  catalogRoutes(app, parts);
  workerRoutes(app, parts);
  metricsRoutes(app, parts);

  app.notFound((c) => c.json(null, 403));
  app.onError((error, c) => {
    if (error instanceof RestRefusal) return c.json({ message: error.message }, error.status);
    parts.log.error({ err: error, path: c.req.path }, 'a request failed');
    return c.json({ message: 'Internal Server Error' }, 500);
  });
  return app;
}
