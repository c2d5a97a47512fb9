import type { z } from 'zod';
import { type Health, healthParts, type partHealthSchema } from '../../contracts/api/health.ts';
import { platformSchemaSchema } from '../../contracts/schema-version.ts';
import { pools } from '../../contracts/task.ts';
import { type Databases, fetchRows } from './database.ts';
import { mintServiceToken } from './dispatch-wake.ts';
import { probeRealtime } from './realtime-probe.ts';
import type { TaskQueue } from './task-queue.ts';
import type { TokenMint } from './token-mint.ts';

type Part = (typeof healthParts)[number];
type PartHealth = z.infer<typeof partHealthSchema>;
export type HealthCheck = () => Promise<Health>;

const timeoutMs = 2_500;
// A worker says it is alive every four seconds.
const heartbeatMs = 30_000;

interface Asked {
  url: string;
  publishableKey: string;
  databases: Databases;
  queue: TaskQueue;
  mint: TokenMint;
}

async function askWorkers(queue: TaskQueue, signal: AbortSignal): Promise<string> {
  const alive = (await queue.workers(signal)).filter(
    ({ active, lastHeartbeatAt }) =>
      active && lastHeartbeatAt !== null && Date.now() - Date.parse(lastHeartbeatAt) < heartbeatMs,
  );
  const missing = pools.filter(
    (pool) => !alive.some(({ workflows }) => workflows.some((name) => name.startsWith(`${pool}-`))),
  );
  if (missing.length > 0) throw new Error(`no worker alive for: ${missing.join(', ')}`);
  return `${alive.length} alive`;
}

/** Each part is asked now, through the way a client would take. Rejects when the part does not work. */
function probes(asked: Asked): Record<Part, (signal: AbortSignal) => Promise<string | undefined>> {
  const { url, publishableKey, databases, queue, mint } = asked;
  return {
    database: async (signal) => {
      const found = await fetchRows(
        databases.anonymous().rpc('platform_schema').abortSignal(signal),
        platformSchemaSchema,
      );
      return `schema ${found.version}`;
    },
    auth: async (signal) => {
      const response = await fetch(`${url}/auth/v1/health`, { headers: { apikey: publishableKey }, signal });
      if (!response.ok) throw new Error(`auth answered ${response.status}`);
      return undefined;
    },
    realtime: async (signal) => {
      await probeRealtime({ url, publishableKey, token: await mintServiceToken(mint), signal });
      return undefined;
    },
    engine: async (signal) => {
      await queue.ping(signal);
      return undefined;
    },
    workers: (signal) => askWorkers(queue, signal),
  };
}

async function ask(probe: (signal: AbortSignal) => Promise<string | undefined>): Promise<PartHealth> {
  const begun = performance.now();
  const signal = AbortSignal.timeout(timeoutMs);
  const latency = (): number => Math.round((performance.now() - begun) * 10) / 10;
  try {
    const detail = await probe(signal);
    return { status: 'ok', latencyMs: latency(), ...(detail === undefined ? {} : { detail }) };
  } catch (error) {
    const reason = signal.aborted
      ? `no answer within ${timeoutMs} ms`
      : error instanceof Error
        ? error.message
        : String(error);
    return { status: 'down', latencyMs: latency(), detail: reason };
  }
}

/** Asks all parts at once. Who asks while a check runs gets that check's answer. */
export function createHealthCheck(asked: Asked): HealthCheck {
  const parts = probes(asked);
  let running: Promise<Health> | undefined;
  const check = async (): Promise<Health> => {
    const [database, auth, realtime, engine, workers] = await Promise.all([
      ask(parts.database),
      ask(parts.auth),
      ask(parts.realtime),
      ask(parts.engine),
      ask(parts.workers),
    ]);
    const answers = { database, auth, realtime, engine, workers };
    return { status: healthParts.every((part) => answers[part].status === 'ok') ? 'ok' : 'down', parts: answers };
  };
  return () => {
    running ??= check().finally(() => {
      running = undefined;
    });
    return running;
  };
}
