import { z } from 'zod';
import { workflowName } from '../../contracts/task.ts';
import type { ServerEnv } from '../env.ts';
import type { EngineWorker, TaskQueue } from './task-queue.ts';

// The one file that knows the engine. It uses the SDK's compiled protocol over one channel, loaded at the first task,
// and REST through fetch: the SDK's whole client costs 40 MB of memory for the three calls made here.
const callTimeoutMs = 5_000;
// The default grows to two minutes: an engine that came back would wait that long for its tasks.
const reconnect = { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 2_000 };
const pendingStatuses = ['QUEUED', 'RUNNING'];

const claimsSchema = z.object({ sub: z.uuid() });
const statusSchema = z.string();
const workersSchema = z.object({
  rows: z
    .array(
      z.object({
        name: z.string(),
        status: z.string().optional(),
        lastHeartbeatAt: z.string().nullish(),
        actions: z.array(z.string()).nullish(),
      }),
    )
    .nullish(),
});

/** The tenant is in the token, as the SDK reads it. */
function tenantOf(token: string): string {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return claimsSchema.parse(JSON.parse(payload)).sub;
}

async function connect({ hostPort, token, tls }: ServerEnv['engine']) {
  const [{ ChannelCredentials, createChannel, createClientFactory, Metadata }, { WorkflowServiceDefinition }] =
    await Promise.all([import('nice-grpc'), import('@hatchet-dev/typescript-sdk/protoc/workflows/workflows.js')]);
  const channel = createChannel(
    hostPort,
    tls ? ChannelCredentials.createSsl() : ChannelCredentials.createInsecure(),
    reconnect,
  );
  const metadata = Metadata({ authorization: `bearer ${token}` });
  return { channel, metadata, client: createClientFactory().create(WorkflowServiceDefinition, channel) };
}

export function createHatchetQueue(engine: ServerEnv['engine']): TaskQueue {
  const tenant = tenantOf(engine.token);
  let connection: ReturnType<typeof connect> | undefined;

  const rest = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${engine.apiUrl}${path}`, {
      signal: AbortSignal.timeout(callTimeoutMs),
      ...init,
      headers: { authorization: `Bearer ${engine.token}`, 'content-type': 'application/json' },
    });
  const refused = (what: string, status: number): Error => new Error(`the task engine answered ${status} to ${what}`);

  return {
    async trigger({ id, type, pool }) {
      connection ??= connect(engine).catch((error: unknown) => {
        connection = undefined;
        throw error;
      });
      const { client, metadata } = await connection;
      const { workflowRunId } = await client.triggerWorkflow(
        {
          name: workflowName(pool, type),
          input: JSON.stringify({ taskId: id }),
          additionalMetadata: JSON.stringify({ taskId: id }),
        },
        { metadata, signal: AbortSignal.timeout(callTimeoutMs) },
      );
      return workflowRunId;
    },

    async cancel(runId) {
      const body = JSON.stringify({ externalIds: [runId] });
      const response = await rest(`/api/v1/stable/tenants/${tenant}/tasks/cancel`, { method: 'POST', body });
      if (!response.ok && response.status !== 404) throw refused('a cancel', response.status);
    },

    async isPending(runId) {
      const response = await rest(`/api/v1/stable/workflow-runs/${runId}/status`);
      if (response.status === 404) return false;
      if (!response.ok) throw refused('a question about a run', response.status);
      return pendingStatuses.includes(statusSchema.parse(await response.json()));
    },

    async ping(signal) {
      const response = await rest(`/api/v1/tenants/${tenant}`, { signal });
      if (!response.ok) throw refused('a ping', response.status);
    },

    async workers(signal): Promise<EngineWorker[]> {
      const response = await rest(`/api/v1/tenants/${tenant}/worker`, { signal });
      if (!response.ok) throw refused('a question about its workers', response.status);
      return (workersSchema.parse(await response.json()).rows ?? []).map((row) => ({
        name: row.name,
        active: row.status === 'ACTIVE',
        lastHeartbeatAt: row.lastHeartbeatAt ?? null,
        workflows: (row.actions ?? []).map((action) => action.split(':')[0] ?? action),
      }));
    },

    close() {
      // A connection that never came about has nothing to close; whoever asked for it was told why.
      connection?.then(({ channel }) => channel.close()).catch(() => undefined);
    },
  };
}
