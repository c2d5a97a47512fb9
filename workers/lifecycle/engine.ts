import { randomBytes } from 'node:crypto';
import { type Context, HatchetClient } from '@hatchet-dev/typescript-sdk/v1/index.js';
import type { Logger } from 'pino';
import { type TaskType, workflowInputSchema, workflowName } from '../../contracts/task.ts';
import type { WorkerSettings } from '../settings.ts';

/** What the engine says of this worker; undefined when it does not know it. */
export interface Registration {
  status: string;
  lastHeartbeatAt: number;
}

export interface EngineTask {
  taskId: string;
  runId: string;
  signal: AbortSignal;
}

/** Our own limits end a deployment long before; the engine's is the backstop for a worker that hangs. */
const executionTimeout = { standard: '2h', long: '48h' } as const;
const scheduleTimeout = '24h';

/**
 * The only file that knows the Hatchet SDK. Registers one workflow per task type for this pool and hands each run to
 * `handler`. The SDK's own drain stops the heartbeats while tasks still run, after which the engine gives them to
 * somebody else (measured with 1.33.2: a 42 s task ran twice), so its signal handlers are removed and ours drains.
 */
export async function connectEngine(
  settings: WorkerSettings,
  types: readonly TaskType[],
  handler: (type: TaskType, task: EngineTask) => Promise<Record<string, string>>,
  log: Logger,
) {
  const hatchet = HatchetClient.init({
    token: settings.engine.token,
    host_port: settings.engine.hostPort,
    api_url: settings.engine.apiUrl,
    tls_config: { tls_strategy: settings.engine.tls },
    log_level: 'WARN',
    logger: (context) => sdkLogger(log.child({ sdk: context })),
  });
  const workflows = types.map((type) =>
    hatchet.task({
      name: workflowName(settings.pool, type),
      executionTimeout: executionTimeout[settings.pool],
      scheduleTimeout,
      // A failed deployment is a result, not an exception; what does throw is ours (the database away) and worth another try.
      retries: 5,
      backoff: { factor: 2, maxSeconds: 30 },
      fn: async (input: { taskId: string }, context: Context<{ taskId: string }>) => {
        const { taskId } = workflowInputSchema.parse(input);
        return handler(type, { taskId, runId: context.workflowRunId(), signal: context.abortController.signal });
      },
    }),
  );
  const before = new Map((['SIGTERM', 'SIGINT'] as const).map((signal) => [signal, process.listeners(signal)]));
  // Unique per process: the engine keeps the rows of dead workers, and the watchdog must find this one's.
  const name = `${settings.name}-${randomBytes(3).toString('hex')}`;
  const worker = await hatchet.worker(name, { workflows, slots: settings.slots, handleKill: false });
  for (const [signal, kept] of before)
    for (const listener of process.listeners(signal))
      if (!kept.includes(listener)) process.removeListener(signal, listener);

  return {
    /** Resolves when the worker has stopped; rejects when it has given up reaching the engine. */
    start: () => worker.start(),
    ready: (timeoutMs: number) => worker.waitUntilReady(timeoutMs),
    /** Takes no new work; heartbeats go on. */
    pause: async () => void (await worker.pause()),
    stop: () => worker.stop(),
    /** Throws when the engine cannot be asked. */
    registration: async (): Promise<Registration | undefined> => {
      const { rows } = await hatchet.workers.list();
      const own = rows?.find((row) => row.name === name);
      if (own === undefined) return undefined;
      return { status: own.status ?? 'UNKNOWN', lastHeartbeatAt: Date.parse(own.lastHeartbeatAt ?? '') || 0 };
    },
  };
}

const sdkLogger = (log: Logger) => ({
  debug: async (message: string) => log.debug(message),
  info: async (message: string) => log.debug(message),
  green: async (message: string) => log.debug(message),
  warn: async (message: string, error?: Error) => log.warn({ err: error }, message),
  error: async (message: string, error?: Error) => log.error({ err: error }, message),
});
