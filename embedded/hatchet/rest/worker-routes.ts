import { randomUUID } from 'node:crypto';
import type { Hono } from 'hono';
import { z } from 'zod';
import type { EngineParts } from '../engine-parts.ts';
import { readWorker, readWorkers } from '../store/workers.ts';
import { notFound, RestRefusal, requireUuid } from './query.ts';
import { workerJson } from './worker-json.ts';

const patchSchema = z.object({ isPaused: z.boolean().optional() });

/** Workers: who is there, and pausing them. */
export function workerRoutes(app: Hono, parts: EngineParts): void {
  const dispatcherId = randomUUID();
  const { pool, desk, catalog } = parts;
  const workerId = (text: string): string => requireUuid(text, 'invalid worker id');

  app.get('/api/v1/tenants/:tenant/worker', async (c) => {
    const workers = await readWorkers(pool);
    return c.json({
      pagination: { current_page: 1, next_page: 1, num_pages: 1 },
      rows: workers.map((row) => workerJson(row, desk.registry, dispatcherId)),
    });
  });

  app.get('/api/v1/workers/:worker', async (c) => {
    const row = await readWorker(pool, workerId(c.req.param('worker')));
    if (row === undefined) throw notFound();
    const names = new Set(row.actions.map((action) => action.split(':')[0] ?? ''));
    const registeredWorkflows = [...catalog.all()]
      .filter(({ definition }) => names.has(definition.name.toLowerCase()))
      .map(({ workflowId, definition }) => ({ id: workflowId, name: definition.name }));
    return c.json({ ...workerJson(row, desk.registry, dispatcherId), recentStepRuns: [], registeredWorkflows });
  });

  app.patch('/api/v1/workers/:worker', async (c) => {
    const id = workerId(c.req.param('worker'));
    const patch = patchSchema.safeParse(await c.req.json());
    if (!patch.success) throw new RestRefusal(400, 'Invalid request body');
    const { isPaused } = patch.data;
    const row = isPaused === undefined ? await readWorker(pool, id) : await desk.pause(id, isPaused);
    if (row === undefined) throw notFound();
    const { labels: _, ...json } = workerJson(row, desk.registry, dispatcherId);
    return c.json({ ...json, actions: null });
  });
}
