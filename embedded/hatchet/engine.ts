import type { Server as HttpServer } from 'node:http';
import { serve } from '@hono/node-server';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { migrate } from './database/migrate.ts';
import { openPool } from './database/pool.ts';
import type { EngineParts } from './engine-parts.ts';
import { grpcServer } from './grpc/server.ts';
import { healthServer } from './health.ts';
import { restApp } from './rest/app.ts';
import { TaskLifecycle } from './scheduling/lifecycle.ts';
import { Sweeper } from './scheduling/sweeper.ts';
import { Trigger } from './scheduling/trigger.ts';
import { WorkerDesk } from './scheduling/worker-desk.ts';
import { WorkerRegistry } from './scheduling/worker-registry.ts';
import type { Settings } from './settings.ts';
import { readWantedKeys } from './store/admit-key.ts';
import { readOpenDags } from './store/advance-run.ts';
import { WorkflowCatalog } from './store/catalog.ts';
import { readRunning, readWaitingLanes } from './store/claim-tasks.ts';
import { readBusyWorkers } from './store/workers.ts';
import { RunFeed } from './streams/run-feed.ts';
import { TaskFeed } from './streams/task-feed.ts';
import { tokenCheck } from './token.ts';

export interface Engine {
  /** Ends calls and connections; what runs on workers goes on and is found again by the next start. */
  stop(): Promise<void>;
}

/** Starts the engine on its database: migrations, then what the last one left behind, then the ports. */
export async function startEngine(settings: Settings, log: Logger): Promise<Engine> {
  const pool = openPool(settings.DATABASE_URL, log);
  const applied = await migrate(pool);
  if (applied.length > 0) log.info({ migrations: applied }, 'the database was migrated');

  const catalog = new WorkflowCatalog(pool);
  await catalog.load();
  const registry = new WorkerRegistry(settings.DEFAULT_TENANT_ID);
  const runFeed = new RunFeed(pool, log);
  const taskFeed = new TaskFeed();
  // Sweeper and lifecycle need each other: deadlines named before the sweeper exists are found by its first sweep.
  let sweeper: Sweeper | undefined;
  const due = (seconds: number): void => sweeper?.due(seconds);
  const lifecycle = new TaskLifecycle({ pool, registry, catalog, runFeed, taskFeed, due, log });
  const parts: EngineParts = {
    tenantId: settings.DEFAULT_TENANT_ID,
    serverUrl: settings.SERVER_URL,
    pool,
    catalog,
    lifecycle,
    trigger: new Trigger({ pool, catalog, lifecycle, runFeed, due }),
    desk: new WorkerDesk(pool, registry, lifecycle.scheduler),
    runFeed,
    taskFeed,
    checkToken: tokenCheck(settings.SFP_HATCHET_TOKEN_SECRET, settings.DEFAULT_TENANT_ID),
    log,
  };
  await recover(parts, registry);
  sweeper = new Sweeper(pool, registry, lifecycle, runFeed, log);

  const grpc = grpcServer(parts);
  await grpc.listen(`${settings.SERVER_GRPC_BIND_ADDRESS}:${settings.SERVER_GRPC_PORT}`);
  const rest = serve({
    fetch: restApp(parts).fetch,
    hostname: settings.SERVER_GRPC_BIND_ADDRESS,
    port: settings.LITE_RUNTIME_PORT,
  });
  const health = healthServer(() => isReady(pool));
  await listening(health, settings.SERVER_HEALTHCHECK_PORT, settings.SERVER_GRPC_BIND_ADDRESS);
  sweeper.start();
  log.info({ grpc: settings.SERVER_GRPC_PORT, rest: settings.LITE_RUNTIME_PORT }, 'the task engine is ready');

  const started = sweeper;
  return {
    async stop() {
      health.close();
      rest.close();
      // Streams never end by themselves: clients reconnect to whoever comes next.
      grpc.forceShutdown();
      await started.stop();
      await parts.trigger.stop();
      await lifecycle.stop();
      await pool.end();
    },
  };
}

/** Takes up what the database says: running tasks on their workers, waiting ones, keys, and runs in the middle. */
async function recover({ pool, lifecycle }: EngineParts, registry: WorkerRegistry): Promise<void> {
  const now = Date.now();
  for (const row of await readBusyWorkers(pool)) registry.add(row, now);
  for (const task of await readRunning(pool)) registry.assign(task, now);
  registry.grantGrace(now);
  lifecycle.scheduler.wake(await readWaitingLanes(pool));
  lifecycle.keysTouched(await readWantedKeys(pool));
  lifecycle.runsTouched(await readOpenDags(pool));
}

async function isReady(pool: Pool): Promise<boolean> {
  await pool.query('select 1');
  return true;
}

const listening = (server: HttpServer, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
