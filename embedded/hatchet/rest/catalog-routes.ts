import { createHash } from 'node:crypto';
import type { Hono } from 'hono';
import type { EngineParts } from '../engine-parts.ts';
import { listWorkflows, readWorkflow } from '../store/workflow-reads.ts';
import { notFound, Query, requireUuid } from './query.ts';
import { versionJson, workflowJson } from './workflow-json.ts';

/** Workflows and their definitions. */
export function catalogRoutes(app: Hono, parts: EngineParts): void {
  app.get('/api/v1/tenants/:tenant/workflows', async (c) => {
    const query = new Query(c.req.url);
    const limit = query.int('limit') ?? 50;
    const offset = query.int('offset') ?? 0;
    const { workflows, total } = await listWorkflows(parts.pool, { name: query.text('name'), limit, offset });
    const pages = Math.ceil(total / limit);
    const current = Math.floor(offset / limit) + 1;
    return c.json({
      pagination: {
        current_page: current,
        next_page: Math.max(current, Math.min(current + 1, pages)),
        num_pages: pages,
      },
      rows: workflows.map(workflowJson),
    });
  });

  app.get('/api/v1/workflows/:workflow', async (c) => c.json(workflowJson(await find(c.req.param('workflow')))));

  app.get('/api/v1/workflows/:workflow/versions', async (c) => {
    const row = await find(c.req.param('workflow'));
    return c.json(versionJson(row, triggersId(row.versionId)));
  });

  const find = async (id: string) => {
    const row = await readWorkflow(parts.pool, requireUuid(id, 'invalid workflow id'));
    if (row === undefined) throw notFound();
    return row;
  };
}

/** Triggers have an id of their own on the wire; ours is made from the version's, so that it stays the same. */
const triggersId = (versionId: string): string => {
  const hash = createHash('sha256').update(versionId).digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
};
