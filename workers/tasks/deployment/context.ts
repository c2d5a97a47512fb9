import type { DeploymentOfTask, EnvironmentOfTask, ProjectOfTask } from '../../store/rows.ts';
import type { Workspace } from '../../workspace/workspace.ts';
import type { TaskRun } from '../task-run.ts';
import type { StageLedger } from './stage-ledger.ts';

/** Everything the stages of one deployment share. `commitSha` is empty until the checkout has resolved the ref. */
export interface DeploymentContext {
  readonly run: TaskRun;
  readonly deployment: DeploymentOfTask;
  readonly project: ProjectOfTask;
  readonly environment: EnvironmentOfTask;
  readonly workspace: Workspace;
  readonly ledger: StageLedger;
  /** The worker's own directory, for files that are not the project's. */
  readonly configDir: string;
  commitSha: string;
}
