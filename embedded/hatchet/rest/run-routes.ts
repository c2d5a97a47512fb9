import type { Hono } from 'hono';
import { z } from 'zod';
import { isUuid } from '../domain/uuid.ts';
import type { EngineParts } from '../engine-parts.ts';
import { readLogLines } from '../store/logs.ts';
import { listRuns, readRun, readRunStatus } from '../store/run-reads.ts';
import { knownStatuses, metadataPairs, notFound, Query, RestRefusal, requireUuid } from './query.ts';
import { runDetails, runSummary, taskSummary } from './run-json.ts';

const defaultLimit = 50;
const hourMs = 3_600_000;
const runId = (text: string): string => requireUuid(text, 'invalid workflow run id');

/** Runs: one, many, their logs, and what can be done to them. */
export function runRoutes(app: Hono, parts: EngineParts): void {
  const { pool, catalog, lifecycle, tenantId } = parts;

  app.get('/api/v1/stable/workflow-runs/:run', async (c) => {
    const run = await readRun(pool, runId(c.req.param('run')));
    if (run === undefined) throw notFound();
    return c.json(runDetails(run, tenantId, (await catalog.version(run.version_id)).definition));
  });

  app.get('/api/v1/stable/workflow-runs/:run/status', async (c) => {
    const status = await readRunStatus(pool, runId(c.req.param('run')));
    if (status === undefined) throw notFound();
    return c.json(status);
  });

  app.get('/api/v1/stable/tenants/:tenant/workflow-runs', async (c) => {
    const query = new Query(c.req.url);
    const onlyTasks = query.required('only_tasks') === 'true';
    const limit = query.int('limit') ?? defaultLimit;
    const offset = query.int('offset') ?? 0;
    const { runs, total } = await listRuns(pool, {
      since: query.date('since') ?? new Date(Date.now() - hourMs),
      until: query.date('until'),
      statuses: knownStatuses(query.list('statuses')),
      workflowIds: query.uuids('workflow_ids'),
      metadata: metadataPairs(query.list('additional_metadata')),
      parentTaskId: query.uuids('parent_task_external_id')?.[0],
      eventId: query.uuids('triggering_event_external_id')?.[0],
      limit,
      offset,
    });
    const current = Math.floor(offset / limit) + 1;
    return c.json({
      // The real one names a next page also after the last.
      pagination: { current_page: current, next_page: current + 1, num_pages: Math.ceil(total / limit) },
      rows: onlyTasks
        ? runs.flatMap((run) => run.tasks.toReversed().map((task) => taskSummary(run, task, tenantId)))
        : runs.map((run) => runSummary(run, tenantId)),
    });
  });

  app.post('/api/v1/stable/tenants/:tenant/tasks/cancel', async (c) => {
    const { externalIds, filtered } = await meant(parts, await c.req.text());
    await lifecycle.cancel([...externalIds, ...filtered]);
    return c.json({ ids: [...externalIds, ...filtered] });
  });

  app.post('/api/v1/stable/tenants/:tenant/tasks/replay', async (c) => {
    const { externalIds, filtered } = await meant(parts, await c.req.text());
    return c.json({ ids: await lifecycle.replay([...externalIds, ...filtered]) });
  });

  app.get('/api/v1/stable/tasks/:task/logs', async (c) => {
    const query = new Query(c.req.url);
    const rows = await readLogLines(pool, requireUuid(c.req.param('task'), 'invalid task id'), {
      attempt: query.int('attempt'),
      levels: query.list('levels'),
      search: query.text('search'),
      limit: query.int('limit') ?? 1000,
      descending: query.text('order_by_direction')?.toUpperCase() === 'DESC',
    });
    return c.json({ pagination: { current_page: 0, next_page: 0, num_pages: 0 }, rows });
  });

  app.get('/api/v1/tenants/:tenant/workflow-runs/:run/shape', () => {
    throw new RestRefusal(400, 'This endpoint is deprecated.');
  });
}

const selectionSchema = z.object({
  externalIds: z.array(z.string()).optional(),
  filter: z
    .object({
      since: z.coerce.date(),
      until: z.coerce.date().optional(),
      statuses: z.array(z.string()).optional(),
      workflowIds: z.array(z.string()).optional(),
      additionalMetadata: z.array(z.string()).optional(),
    })
    .optional(),
});

const maxFiltered = 10_000;

/** Which runs or tasks a cancel or replay is about: by id, or by what they are. */
async function meant(parts: EngineParts, body: string): Promise<{ externalIds: string[]; filtered: string[] }> {
  const { externalIds = [], filter } = parseSelection(body);
  if (filter !== undefined && externalIds.length > 0) throw new RestRefusal(500, 'Internal Server Error');
  for (const id of externalIds)
    if (!isUuid(id))
      throw new RestRefusal(400, id.length === 36 ? 'invalid UUID format' : `invalid UUID length: ${id.length}`);
  if (filter === undefined) return { externalIds, filtered: [] };
  const { runs } = await listRuns(parts.pool, {
    since: filter.since,
    until: filter.until,
    statuses: knownStatuses(filter.statuses),
    workflowIds: filter.workflowIds?.length === 0 ? undefined : filter.workflowIds,
    metadata: metadataPairs(filter.additionalMetadata),
    parentTaskId: undefined,
    eventId: undefined,
    limit: maxFiltered,
    offset: 0,
  });
  return { externalIds, filtered: runs.map((run) => run.id) };
}

function parseSelection(body: string): z.infer<typeof selectionSchema> {
  let value: unknown;
  try {
    value = body.trim() === '' ? {} : JSON.parse(body);
  } catch (error) {
    throw new RestRefusal(400, `Syntax error: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = selectionSchema.safeParse(value);
  if (!parsed.success) throw new RestRefusal(400, 'Invalid request body');
  return parsed.data;
}
