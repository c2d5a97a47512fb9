import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { TaskLifecycle } from './scheduling/lifecycle.ts';
import type { Trigger } from './scheduling/trigger.ts';
import type { WorkerDesk } from './scheduling/worker-desk.ts';
import type { WorkflowCatalog } from './store/catalog.ts';
import type { RunFeed } from './streams/run-feed.ts';
import type { TaskFeed } from './streams/task-feed.ts';
import type { TokenCheck } from './token.ts';

/** What the gRPC and REST sides of the engine share. */
export interface EngineParts {
  tenantId: string;
  serverUrl: string;
  pool: Pool;
  catalog: WorkflowCatalog;
  lifecycle: TaskLifecycle;
  trigger: Trigger;
  desk: WorkerDesk;
  runFeed: RunFeed;
  taskFeed: TaskFeed;
  checkToken: TokenCheck;
  log: Logger;
}
