import type { DeploymentMetadata } from '../../../contracts/deployment.ts';
import type { DeploymentOfTask, EnvironmentOfTask } from '../../store/rows.ts';
import type { StageContext } from '../stages/stage-context.ts';

/** What the stages of one deployment share. */
export interface DeploymentContext extends StageContext {
  readonly deployment: DeploymentOfTask;
  readonly environment: EnvironmentOfTask;
  /** What is known of the commit. */
  learnt: DeploymentMetadata;
}
