import type { ProjectOfTask } from '../../store/rows.ts';
import type { Workspace } from '../../workspace/workspace.ts';
import type { TaskRun } from '../task-run.ts';
import type { StageLedger } from './stage-ledger.ts';

/** Everything the stages of one task share, whether it builds or deploys. */
export interface StageContext {
  readonly run: TaskRun;
  readonly project: ProjectOfTask;
  readonly workspace: Workspace;
  readonly ledger: StageLedger;
  /** The worker's own directory, for files that are not the project's. */
  readonly configDir: string;
  readonly artifactsDir: string;
  /** What was asked for: branch, tag or commit. */
  readonly ref: string;
  /** Variables of the environment that is deployed to. */
  readonly environmentVariables: Readonly<Record<string, string>>;
  /** `SFP_…` variables that only this type of task has. */
  readonly taskVariables: Readonly<Record<string, string>>;
  /** Empty until the checkout has resolved the ref. */
  commitSha: string;
}
