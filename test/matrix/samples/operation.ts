import { later, type Sample } from './sample.ts';

let lastSeq = 1_000;

export const operation = {
  deployments: {
    existing: async (world, _, verb) => ({
      id: verb === 'delete' ? (await world.newDeployment()).id : world.deployment.id,
    }),
    fresh: (world) => ({ environment_id: world.environment, ref: 'main' }),
    patch: { commit_sha: 'abc' },
  },
  tasks: {
    existing: async (world, _, verb) => ({ id: verb === 'delete' ? await world.newTask() : world.task }),
    fresh: (world) => ({ account_id: world.account, type: 'noop' }),
    patch: { worker: 'x' },
  },
  task_events: {
    existing: async (world) =>
      world.insert(
        `insert into public.task_events (task_id, account_id, seq, attempt, kind) values ($1, $2, $3, 1, 'note') returning task_id, seq`,
        [world.task, world.account, ++lastSeq],
      ),
    fresh: (world) => ({ task_id: world.task, account_id: world.account, seq: ++lastSeq, attempt: 1, kind: 'note' }),
    patch: { kind: 'log' },
  },
  // Released, so that any number of them may name the same task.
  environment_allocations: {
    existing: async (world) =>
      world.insert(
        `insert into public.environment_allocations (environment_id, account_id, task_id, lease_expires_at, released_at)
         values ($1, $2, $3, now(), now()) returning id`,
        [world.environment, world.account, world.task],
      ),
    fresh: (world) => ({
      environment_id: world.environment,
      account_id: world.account,
      task_id: world.task,
      lease_expires_at: later,
      released_at: later,
    }),
    patch: { released_at: later },
  },
} satisfies Record<string, Sample>;
