import type { WatchUpdate } from '../../client/watch/watch-task.ts';
import type { Stage, StageStatus } from '../../contracts/deployment.ts';
import { stages } from '../../contracts/deployment.ts';
import { isFinalTaskStatus } from '../../contracts/task.ts';
import type { TaskEvent } from '../../contracts/task-event.ts';
import { plainText } from '../watch/plain-text.ts';
import type { LogEntry, StageState, WatchModel } from './model.ts';
import { logLimit } from './model.ts';

/** The model after an update of the feed. */
export function updateModel(model: WatchModel, update: WatchUpdate): WatchModel {
  switch (update.type) {
    case 'task': {
      const { attempt, progress, failure } = update.task;
      // The status moves with the events, so that the view never runs ahead of its own log.
      return { ...model, attempt: Math.max(attempt, model.attempt), progress, failure };
    }
    case 'events':
      return update.events.reduce(applyEvent, model);
    case 'phase':
      return { ...model, phase: update.phase };
    case 'watchers':
      return { ...model, watchers: update.watchers };
    case 'end':
      return { ...model, status: update.status };
  }
}

function applyEvent(model: WatchModel, event: TaskEvent): WatchModel {
  const at = Date.parse(event.at);
  switch (event.kind) {
    case 'task': {
      const { status, failure } = event.data;
      const final = isFinalTaskStatus(status);
      return {
        ...model,
        status,
        failure,
        attempt: Math.max(event.attempt, model.attempt),
        startedAt: model.startedAt ?? (status === 'running' ? at : null),
        finishedAt: final ? at : null,
        stages: final ? stopped(model.stages) : model.stages,
      };
    }
    case 'stage': {
      const { stage, status, durationMs } = event.data;
      return withStage(model, stage, moved(status, at, durationMs));
    }
    case 'step': {
      const { stage, step, status } = event.data;
      if (status === 'succeeded') return model;
      return withStage(model, stage, (before) => ({ ...before, step }));
    }
    case 'log': {
      const { stage, lines } = event.data;
      return append(
        model,
        lines.map(({ stream, text }) => ({ stage, stream, text: plainText(text) })),
      );
    }
    case 'progress':
      return { ...model, progress: event.data };
    case 'note':
      return append({ ...model, approval: event.data.approval ?? model.approval }, [
        { stage: null, stream: 'system', text: plainText(event.data.text) },
      ]);
  }
}

const moved =
  (status: StageStatus, at: number, durationMs: number | undefined) =>
  (before: StageState): StageState => {
    if (status === 'pending') return { status };
    if (status === 'running') return { status, startedAt: at };
    const took = durationMs ?? (before.startedAt === undefined ? undefined : at - before.startedAt);
    const step = status === 'failed' ? before.step : undefined;
    return { status, ...(took === undefined ? {} : { durationMs: took }), ...(step === undefined ? {} : { step }) };
  };

const unstarted = Object.fromEntries(stages.map((stage) => [stage, { status: 'pending' }])) as Record<
  Stage,
  StageState
>;

function withStage(model: WatchModel, stage: Stage, change: (before: StageState) => StageState): WatchModel {
  const before = model.stages ?? unstarted;
  return { ...model, stages: { ...before, [stage]: change(before[stage]) } };
}

/** A task that is over has no running stage, whatever its last words about it were. */
function stopped(before: WatchModel['stages']): WatchModel['stages'] {
  if (before === null) return null;
  const entries = Object.entries(before).map(([stage, state]) => [
    stage,
    state.status === 'running' ? { ...state, status: 'cancelled' as const } : state,
  ]);
  return Object.fromEntries(entries) as Record<Stage, StageState>;
}

function append(model: WatchModel, entries: readonly LogEntry[]): WatchModel {
  const all = [...model.log, ...entries];
  const excess = Math.max(0, all.length - logLimit);
  return {
    ...model,
    log: excess === 0 ? all : all.slice(excess),
    forgotten: model.forgotten + excess,
    // Who has scrolled up keeps looking at the same lines.
    scroll: model.scroll === 0 ? 0 : model.scroll + entries.length,
  };
}
