import { mkdir } from 'node:fs/promises';
import { z } from 'zod';
import { SfpError } from '../contracts/error.ts';
import { processLog } from '../contracts/process-log.ts';
import { expectSchema } from '../contracts/schema-version.ts';
import { type TaskType, taskTypes } from '../contracts/task.ts';
import { endProcessTree } from './executors/process-tree.ts';
import { Drain } from './lifecycle/drain.ts';
import { connectEngine, type EngineTask } from './lifecycle/engine.ts';
import { serveHealth } from './lifecycle/health-server.ts';
import { watchForZombie } from './lifecycle/watchdog.ts';
import { readSettings, type WorkerSettings } from './settings.ts';
import { persist } from './store/persist.ts';
import type { TaskEnd } from './store/task-store.ts';
import { TaskStore } from './store/task-store.ts';
import { runBuild } from './tasks/build/build.ts';
import { runDeployment } from './tasks/deployment/deployment.ts';
import { runNoop } from './tasks/noop.ts';
import { stepMarker } from './tasks/stages/step-marker.ts';
import { runTask, type TaskRun } from './tasks/task-run.ts';
import { pruneWorkspaces } from './workspace/workspace.ts';

// 78: sysexits' EX_CONFIG. 70: as the API server, a schema it must not run on.
const badConfiguration = 78;
const wrongSchema = 70;
const log = processLog({ name: 'worker', level: process.env.SFP_LOG_LEVEL ?? 'info' });

function settingsOrExit(): WorkerSettings {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    log.fatal({ findings: z.prettifyError(error) }, 'the environment of this worker is not usable');
    process.exit(badConfiguration);
  }
}

/** Waits for the gateway and the database; ends the process on a schema that this program must not work on. */
async function checkSchema(store: TaskStore): Promise<void> {
  try {
    expectSchema(await persist(() => store.schema()));
  } catch (error) {
    if (!(error instanceof SfpError)) throw error;
    log.fatal(error.toFailure(), 'this worker does not fit the database');
    process.exit(wrongSchema);
  }
}

async function main(): Promise<void> {
  const settings = settingsOrExit();
  const drain = new Drain();
  let listening = false;
  const health = await serveHealth(settings.healthPort, () => ({
    status: drain.requested ? 'draining' : listening ? 'ok' : 'starting',
    pool: settings.pool,
    inFlight: drain.inFlight,
  }));
  await mkdir(settings.workspaceDir, { recursive: true, mode: 0o700 });
  // What a killed predecessor left running would go on changing environments behind the back of the next attempt.
  await endProcessTree(undefined, stepMarker(settings.workspaceDir));
  await pruneWorkspaces(settings.workspaceDir);

  const store = new TaskStore(settings);
  await checkSchema(store);
  const work: Record<TaskType, (run: TaskRun) => Promise<TaskEnd>> = {
    deployment: (run) => runDeployment(run, settings),
    build: (run) => runBuild(run, settings),
    noop: runNoop,
  };
  const handle = async (type: TaskType, task: EngineTask): Promise<Record<string, string>> => {
    const taskLog = log.child({ taskId: task.taskId, type });
    const outcome = await drain.track(
      runTask({
        store,
        worker: settings.name,
        taskId: task.taskId,
        runId: task.runId,
        engineSignal: task.signal,
        drainSignal: drain.signal,
        log: taskLog,
        work: work[type],
      }),
    );
    taskLog.info({ outcome }, 'task ended');
    return { outcome };
  };
  const engine = await connectEngine(settings, taskTypes, handle, log);

  const watching = new AbortController();
  const shutDown = async (code: number): Promise<never> => {
    watching.abort();
    await drain.run(engine.pause, settings.drainTimeoutMs, log);
    await engine.stop().catch((error: unknown) => log.warn({ err: error }, 'the SDK did not stop cleanly'));
    health.close();
    log.info('stopped');
    process.exit(code);
  };
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) {
      log.warn({ signal }, 'second signal: stopping at once');
      process.exit(1);
    }
    stopping = true;
    void shutDown(0);
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);

  const ended = engine.start().then(
    () => 'stopped' as const,
    (error: unknown) => {
      log.error({ err: error }, 'the engine could not be reached for too long');
      return 'failed' as const;
    },
  );
  await engine.ready(60_000);
  listening = true;
  log.info({ name: settings.name, slots: settings.slots }, 'taking work');

  const end = await Promise.race([ended, watchForZombie(engine.registration, watching.signal, log)]);
  if (stopping) return;
  stopping = true;
  log.error({ end }, 'this worker gets no work any more: restarting');
  await shutDown(1);
}

await main();
