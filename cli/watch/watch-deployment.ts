import { realtimeSource } from '../../client/watch/realtime-source.ts';
import type { WatchUpdate } from '../../client/watch/watch-task.ts';
import { watchTask } from '../../client/watch/watch-task.ts';
import type { Deployment } from '../../contracts/deployment.ts';
import type { Task } from '../../contracts/task.ts';
import type { Connection } from '../context/connection.ts';
import type { Output } from '../output/output.ts';
import type { WatchModel, WatchTitle } from '../tui/model.ts';
import { initialModel } from '../tui/model.ts';
import { ModelStore } from '../tui/model-store.ts';
import { refusals } from '../tui/stage-row.ts';
import { updateModel } from '../tui/update-model.ts';
import { contentText } from './content-text.ts';
import { printUpdate } from './feed-lines.ts';
import type { WatchOutcome, WatchResult } from './outcome.ts';
import { outcomeExitCodes } from './outcome.ts';
import { summaryView } from './summary.ts';

export interface WatchTaskOptions {
  connection: Connection;
  output: Output;
  /** The command's signal: the first Ctrl-C detaches. */
  signal: AbortSignal;
  taskId: string;
  /** Print events after this one only. */
  afterSeq?: number;
  /** Show lines even on a terminal. */
  plain?: boolean;
}

/**
 * Follows a task to its end: full screen for a person, lines or JSON events for everybody else. Says how it ended and
 * what to do next, and leaves the task running when the person detaches.
 */
export async function watchToTheEnd(options: WatchTaskOptions): Promise<WatchResult> {
  const { connection, output, taskId } = options;
  const task = await connection.api.tasks.get(taskId);
  const deployment = task.deploymentId === null ? null : await connection.api.deployments.get(task.deploymentId);
  const title = deployment === null ? await buildTitleOf(connection, task) : await titleOf(connection, deployment);
  const store = new ModelStore(initialModel(taskId, title, deployment));
  if (deployment !== null) sayWhoApproves(output, deployment);
  const onScreen = output.interactive && options.plain !== true;
  await (onScreen ? followOnScreen(options, store, deployment) : followAsLines(options, store));

  const outcome = outcomeOf(store.get());
  const exitCode = outcomeExitCodes[outcome];
  if (outcome === 'detached') {
    output.event('detached', { taskId });
    output.hint(
      `Detached; the task goes on.\n  follow it again: sfp task watch ${taskId}\n  stop it:         sfp task cancel ${taskId}`,
    );
    // Not asked for again: the server may be just what the person gave up on.
    return { outcome, exitCode, task, deployment };
  }
  const last = await connection.api.tasks.get(taskId);
  const final = deployment === null ? null : await connection.api.deployments.get(deployment.id);
  const result: WatchResult = { outcome, exitCode, task: last, deployment: final };
  output.result({ outcome, task: last, deployment: final }, summaryView(store.get(), result, { logShown: !onScreen }));
  return result;
}

/** A deployment that waits goes on by somebody else's command. */
export function sayWhoApproves(output: Output, { id, status }: Deployment): void {
  if (status !== 'awaiting_approval') return;
  output.hint(
    `It waits for approval by somebody else.\n  they approve it: sfp deployment approve ${id}\n  who may:         sfp deployment approvals ${id}`,
  );
}

/** Names for the head. What cannot be read is left out: a title is no reason to fail. */
async function titleOf({ api }: Connection, deployment: Deployment): Promise<WatchTitle> {
  const [project, environment, ref] = await Promise.allSettled([
    api.projects.get(deployment.projectId),
    api.environments.get(deployment.environmentId),
    contentText(api, deployment),
  ]);
  return {
    project: project.status === 'fulfilled' ? project.value.slug : deployment.projectId,
    environment: environment.status === 'fulfilled' ? environment.value.slug : deployment.environmentId,
    ref: ref.status === 'fulfilled' ? ref.value : deployment.ref,
  };
}

/** The same for a task that builds. */
async function buildTitleOf({ api }: Connection, { buildId }: Task): Promise<WatchTitle> {
  if (buildId === null) return {};
  const [found] = await Promise.allSettled([api.builds.get(buildId)]);
  if (found.status === 'rejected') return {};
  const { projectId, number, ref } = found.value;
  const [project] = await Promise.allSettled([api.projects.get(projectId)]);
  return { project: project.status === 'fulfilled' ? project.value.slug : projectId, build: number, ref };
}

function outcomeOf({ status, failure }: WatchModel): WatchOutcome {
  if (status === 'cancelled') return refusals[failure?.code ?? ''] ?? status;
  return status === 'succeeded' || status === 'failed' ? status : 'detached';
}

function updates({ connection, taskId, afterSeq }: WatchTaskOptions, signal: AbortSignal): AsyncGenerator<WatchUpdate> {
  const source = realtimeSource({ ...connection, taskId });
  return watchTask({ source, signal, ...(afterSeq === undefined ? {} : { afterSeq }) });
}

async function followAsLines(options: WatchTaskOptions, store: ModelStore): Promise<void> {
  for await (const update of updates(options, options.signal)) {
    store.change((model) => updateModel(model, update));
    printUpdate(options.output, update);
  }
}

const isCheckedOut = (update: WatchUpdate): boolean =>
  update.type === 'events' &&
  update.events.some(({ kind, data }) => kind === 'stage' && data.stage === 'checkout' && data.status === 'succeeded');

/** Which commit a branch was is known once it is checked out. Decoration: without it the head is only shorter. */
async function showCommit({ connection }: WatchTaskOptions, { id }: Deployment, store: ModelStore): Promise<void> {
  const [found] = await Promise.allSettled([connection.api.deployments.get(id)]);
  if (found.status === 'fulfilled') store.change((model) => ({ ...model, commitSha: found.value.commitSha }));
}

async function followOnScreen(
  options: WatchTaskOptions,
  store: ModelStore,
  deployment: Deployment | null,
): Promise<void> {
  // ink and React are a third of a second to load: only who looks at a screen pays for it.
  const { openWatchScreen } = await import('../tui/watch-screen.tsx');
  const detached = new AbortController();
  options.output.close();
  const close = openWatchScreen({ store, onDetach: () => detached.abort() });
  try {
    for await (const update of updates(options, AbortSignal.any([options.signal, detached.signal]))) {
      store.change((model) => updateModel(model, update));
      if (deployment !== null && isCheckedOut(update)) void showCommit(options, deployment, store);
    }
  } finally {
    await close();
  }
}
