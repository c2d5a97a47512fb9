import { mkdirSync, writeFileSync } from 'node:fs';
import { waitFor } from '../../support/wait.ts';
import type { BenchStack } from './bench-stack.ts';

/** A deployment of `app` that has come to its gate, in an environment of its own. `finish` lets it through and waits for its end. */
export async function startGatedTask(stack: BenchStack, environment: string) {
  const directory = stack.home.path(`gate-${environment}`);
  const gate = `${directory}/open`;
  mkdirSync(directory);
  await stack.api.environments.create('app', { slug: environment, variables: { GATE: gate } });
  const { id, taskId } = await stack.api.deployments.create({ project: 'app', environment });
  if (taskId === null) throw new Error('the deployment has no task');
  const reached = async (wanted: string): Promise<boolean> => {
    const { stages, status } = await stack.api.deployments.get(id);
    return wanted === 'end' ? status === 'succeeded' : stages.deploy === wanted;
  };
  await waitFor(() => reached('running'), { timeoutMs: 60_000, what: 'the gate', everyMs: 50 });
  return {
    id: taskId,
    async finish(): Promise<void> {
      writeFileSync(gate, '');
      await waitFor(() => reached('end'), { timeoutMs: 60_000, what: 'the end of the gated task', everyMs: 50 });
    },
  };
}
