import type { RepeatedDeployment } from '../../contracts/api/promotion.ts';
import type { Connection } from '../context/connection.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import type { Output } from '../output/output.ts';
import { taskIdOf, watchDeployment } from './deploy-and-watch.ts';
import { sayWhoApproves } from './watch-deployment.ts';

/** Follows a promotion or a rollback to its end, or says what it is and returns at once. */
export async function followRepeated(options: {
  connection: Connection;
  output: Output;
  signal: AbortSignal;
  answer: RepeatedDeployment;
  detach: boolean;
  plain: boolean;
}): Promise<ExitCode> {
  const { connection, output, signal, answer, detach, plain } = options;
  const { deployment } = answer;
  if (!detach) return (await watchDeployment({ connection, output, signal, deployment, plain })).exitCode;
  const taskId = await taskIdOf(connection, deployment);
  output.result(answer, `${deployment.id}\n`);
  output.hint(`Follow it: sfp task watch ${taskId}`);
  sayWhoApproves(output, deployment);
  return exitCodes.ok;
}
