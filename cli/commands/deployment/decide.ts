import type { Deployment } from '../../../contracts/deployment.ts';
import type { Output } from '../../output/output.ts';

export const decideArgs = { id: { completes: 'deployment', summary: 'Deployment id' } } as const;
export const commentOption = {
  comment: { type: 'string', value: 'text', summary: 'Why; whoever watches reads it, and it stays' },
} as const;

/** What became of a deployment by a decision, and what comes next. */
export function sayDecided(output: Output, deployment: Deployment): void {
  output.result(deployment, `${deployment.id}  ${deployment.status}\n`);
  if (deployment.status === 'awaiting_approval') {
    output.hint(`More approvals are needed: sfp deployment approvals ${deployment.id}`);
  } else if (deployment.taskId !== null && deployment.status !== 'rejected') {
    output.hint(`Follow it: sfp task watch ${deployment.taskId}`);
  }
}
