import { randomUUID } from 'node:crypto';
import type { BenchStack } from '../support/bench-stack.ts';
import { cpuSentence, withCpu } from '../support/cpu-report.ts';
import { startGatedTask } from '../support/gated-task.ts';
import { load, type Target } from '../support/load.ts';
import { figure, percentile } from '../support/samples.ts';
import { printNote, printTable } from '../support/table.ts';

const levels = [1, 16, 64] as const;
const durationMs = 2_000;
const warmUpMs = 300;
/** Each makes a deployment that waits for the gated one; more would only fill the queue. */
const posts = 150;

/** Requests a second of the API, beside the same question to REST and beside servers that ask nobody. */
export async function requests(stack: BenchStack): Promise<void> {
  const gated = await startGatedTask(stack, 'load');
  const rows: string[][] = [];
  const cpus: string[] = [];
  try {
    for (const { name, limit, ...target } of await targets(stack)) {
      const cells: string[] = [];
      if (limit === undefined) await load(target, { connections: 8, durationMs: warmUpMs });
      for (const connections of levels) {
        const options = { connections, durationMs, ...(limit === undefined ? {} : { limit }) };
        const [result, cpu] = await withCpu(stack.dir, () => load(target, options));
        cells.push(
          figure(result.perSecond),
          `${figure(percentile(result.latencies, 50))} / ${figure(percentile(result.latencies, 95))}`,
        );
        if (connections === 16) cpus.push(`- ${name}: ${cpuSentence(cpu)}`);
      }
      rows.push([name, ...cells]);
    }
  } finally {
    await gated.finish();
  }
  const columns = levels.flatMap((level) => [`${level} conn. req/s`, 'p50 / p95 ms']);
  printTable('Requests a second', ['request', ...columns], rows);
  printNote(['CPU with 16 connections:', ...cpus].join('\n'));
}

async function targets(stack: BenchStack): Promise<(Target & { name: string; limit?: number })[]> {
  const { url, settings, publishableKey } = stack;
  const token = await stack.credentials.accessToken();
  const bearer = { authorization: `Bearer ${token}` };
  const user = () => bearer;
  const apiDirect = `http://127.0.0.1:${settings.ports.api}/api/v1`;
  const restDirect = `http://127.0.0.1:${settings.ports.rest}`;
  const body = JSON.stringify({ project: 'app', environment: 'load' });
  const posting = () => ({ ...bearer, 'content-type': 'application/json', 'idempotency-key': randomUUID() });
  return [
    { name: 'gateway alone: GET /health', url: `${url}/health`, headers: () => ({}) },
    { name: 'API alone: GET health/live', url: `${apiDirect}/health/live`, headers: () => ({}) },
    { name: 'REST direct: one project', url: `${restDirect}/projects?slug=eq.app`, headers: user },
    {
      name: 'REST through the gateway: one project',
      url: `${url}/rest/v1/projects?slug=eq.app`,
      headers: () => ({ ...bearer, apikey: publishableKey }),
    },
    { name: 'API direct: GET project', url: `${apiDirect}/projects/app`, headers: user },
    { name: 'API: GET project', url: `${url}/api/v1/projects/app`, headers: user },
    { name: 'API: GET tasks', url: `${url}/api/v1/tasks?limit=20`, headers: user },
    {
      name: 'API: POST deployment',
      url: `${url}/api/v1/deployments`,
      method: 'POST',
      headers: posting,
      body,
      limit: posts,
    },
  ];
}
