import type { Watcher } from '../../client/watch/feed-source.ts';
import type { WatchPhase } from '../../client/watch/phase.ts';
import { buildStages } from '../../contracts/build.ts';
import type { Deployment, Stage, StageStatus } from '../../contracts/deployment.ts';
import { stages } from '../../contracts/deployment.ts';
import type { Failure } from '../../contracts/error.ts';
import type { TaskProgress, TaskStatus } from '../../contracts/task.ts';

export interface StageState {
  status: StageStatus;
  /** Milliseconds since the epoch; set while it runs. */
  startedAt?: number;
  durationMs?: number;
  /** The step that runs, or the one that failed. */
  step?: string;
}

export interface LogEntry {
  /** Where it comes from: a stage, or null for the platform itself. */
  stage: Stage | null;
  stream: 'stdout' | 'stderr' | 'system';
  text: string;
}

/** What the names in the head stand for; the feed itself knows only ids. */
export interface WatchTitle {
  project?: string;
  environment?: string;
  ref?: string;
  /** Number of the build that the task makes. */
  build?: number;
}

/** `site → dev`, `site build 7`; undefined when not even the project is known. */
export const subjectOf = ({ project, environment, build }: WatchTitle): string | undefined => {
  if (project === undefined) return undefined;
  return build === undefined ? `${project} → ${environment ?? '?'}` : `${project} build ${build}`;
};

/** The stages that a task of this kind has. */
export const stagesShown = ({ title }: Pick<WatchModel, 'title'>): readonly Stage[] =>
  title.build === undefined ? stages : buildStages;

/** What a deployment waits for before it may begin. */
export interface ApprovalState {
  required: number;
  approved: number;
  /** ISO. */
  expiresAt: string;
}

/** Everything that the view shows: a pure function of the feed and of the keys pressed. */
export interface WatchModel {
  taskId: string;
  title: WatchTitle;
  commitSha: string | null;
  status: TaskStatus;
  attempt: number;
  /** Null for a task that is not a deployment. */
  stages: Record<Stage, StageState> | null;
  /** Null when it never waited for any. */
  approval: ApprovalState | null;
  progress: TaskProgress;
  log: readonly LogEntry[];
  /** Lines of the log that fell off its start. */
  forgotten: number;
  /** How many lines the view is above the end of the log; 0 follows it. */
  scroll: number;
  phase: WatchPhase;
  watchers: readonly Watcher[];
  failure: Failure | null;
  startedAt: number | null;
  /** Set with the final event. */
  finishedAt: number | null;
}

export const logLimit = 10_000;

export const initialModel = (taskId: string, title: WatchTitle, deployment: Deployment | null): WatchModel => ({
  taskId,
  title,
  commitSha: deployment?.commitSha ?? null,
  status: 'queued',
  attempt: 0,
  stages: deployment === null ? null : stagesOf(deployment),
  approval: null,
  progress: {},
  log: [],
  forgotten: 0,
  scroll: 0,
  phase: 'connecting',
  watchers: [],
  failure: null,
  startedAt: null,
  finishedAt: null,
});

// A retry begins with the stages that succeeded before; everything else comes from the feed.
function stagesOf(deployment: Deployment): Record<Stage, StageState> {
  const entries = stages.map((stage) => {
    const status = deployment.stages[stage];
    return [stage, { status: status === 'succeeded' || status === 'skipped' ? status : 'pending' }] as const;
  });
  return Object.fromEntries(entries) as Record<Stage, StageState>;
}
