import type { Hono } from 'hono';
import type { EngineParts } from '../engine-parts.ts';
import { countByStatus, readTaskStats, type TaskStat } from '../store/metrics.ts';
import { Query } from './query.ts';

const dayMs = 86_400_000;

/** How much waits, runs and ended. */
export function metricsRoutes(app: Hono, parts: EngineParts): void {
  app.get('/api/v1/stable/tenants/:tenant/task-metrics', async (c) => {
    const query = new Query(c.req.url);
    const counts = await countByStatus(parts.pool, {
      since: query.date('since') ?? new Date(Date.now() - dayMs),
      until: query.date('until'),
      workflowIds: query.uuids('workflow_ids'),
    });
    const row = (status: string) => ({ count: counts.get(status) ?? 0, status });
    return c.json([
      ...['CANCELLED', 'COMPLETED', 'FAILED', 'QUEUED'].map(row),
      { ...row('RUNNING'), runningDetailCount: { evicted: 0, onWorker: row('RUNNING').count } },
    ]);
  });

  app.get('/api/v1/tenants/:tenant/step-run-queue-metrics', async (c) => {
    const queued = (await readTaskStats(parts.pool)).filter((stat) => stat.state === 'queued');
    return c.json({ queues: Object.fromEntries(queued.map((stat) => [stat.action, stat.count])) });
  });

  app.get('/api/v1/tenants/:tenant/task-stats', async (c) => {
    const stats: Record<string, Record<string, unknown>> = {};
    for (const stat of await readTaskStats(parts.pool)) {
      stats[stat.step] = { ...stats[stat.step], [stat.state]: statJson(stat) };
    }
    return c.json(stats);
  });

  app.get('/api/v1/tenants/:tenant/prometheus-metrics', (c) =>
    c.json({ errors: [{ description: 'Prometheus metrics are not enabled for this tenant.' }] }, 400),
  );
}

const statJson = (stat: TaskStat) => ({
  oldest: stat.oldest,
  ...(stat.oldest_first_try === null ? {} : { oldestExcludingRetries: stat.oldest_first_try }),
  ...(stat.state === 'queued' ? { queues: { [stat.action]: stat.count } } : {}),
  total: stat.count,
});
