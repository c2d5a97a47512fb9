import { setTimeout as delay } from 'node:timers/promises';
import { declaredStages } from '../../../contracts/project-file.ts';
import type { Task } from '../../../contracts/task.ts';
import type { FakeStack } from './fake-stack.ts';

export interface Script {
  /** Milliseconds between events; 0 plays at once. */
  paceMs: number;
  linesPerStep: number;
  /** The stage whose step fails. */
  failIn?: (typeof declaredStages)[number];
}

/** Plays a deployment the way a worker reports one. */
export async function playDeployment(stack: FakeStack, { id }: Task, script: Script): Promise<void> {
  const say = async (kind: 'task' | 'stage' | 'step' | 'log' | 'progress' | 'note', data: Record<string, unknown>) => {
    if (stack.tasks.find((task) => task.id === id)?.status === 'cancelled') throw new Error('cancelled');
    stack.append(id, [{ kind, data }]);
    if (script.paceMs > 0) await delay(script.paceMs);
  };
  try {
    await say('task', { status: 'running', worker: 'standard-1' });
    await say('note', { text: 'site at 1a2b3c4d5e6f: Say hello' });
    const order = ['checkout', ...declaredStages.filter((stage) => stage !== 'rollback')] as const;
    for (const [index, stage] of order.entries()) {
      await say('stage', { stage, status: 'running' });
      const step = `${stage} it`;
      await say('step', { stage, step, status: 'running' });
      for (let line = 1; line <= script.linesPerStep; line += 1) {
        const stream = line % 7 === 0 ? 'stderr' : 'stdout';
        const text = `${stage} \u001b[32mline ${line}\u001b[0m of ${script.linesPerStep}: ${'words '.repeat(line % 20)}`;
        await say('log', { stage, step, lines: [{ stream, text }] });
      }
      await say('progress', { stage, percent: Math.round(((index + 1) / order.length) * 100), message: stage });
      const failed = script.failIn === stage;
      const status = failed ? 'failed' : 'succeeded';
      await say('step', { stage, step, status, durationMs: 1_200, exitCode: failed ? 2 : 0 });
      const failure = {
        code: 'step_failed',
        message: `The step "${step}" failed with exit code 2.`,
        suggestion: 'Mend the step and deploy again.',
      };
      await say('stage', { stage, status, durationMs: 1_300, ...(failed ? { failure } : {}) });
      if (failed) return await say('task', { status: 'failed', failure });
    }
    const deployment = stack.deployments.find((each) => each.taskId === id);
    if (deployment !== undefined) deployment.metadata = { resultUrl: 'http://127.0.0.1:4321/index.html' };
    await say('task', { status: 'succeeded', failure: null });
  } catch (error) {
    if (!(error instanceof Error) || error.message !== 'cancelled') throw error;
  }
}
