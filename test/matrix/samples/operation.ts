import { approvedDeployment } from '../calls.ts';
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
  deployment_approvals: {
    existing: async (world) => ({ deployment_id: await approvedDeployment(world) }),
    fresh: async (world) => ({
      account_id: world.account,
      deployment_id: (await world.newWaitingDeployment()).id,
      user_id: world.people.admin.id,
      decision: 'approved',
    }),
    patch: { comment: 'changed' },
  },
  tasks: {
    existing: async (world, _, verb) => ({ id: verb === 'delete' ? await world.newTask() : world.task }),
    fresh: (world) => ({ account_id: world.account, type: 'noop' }),
    patch: { worker: 'x' },
  },
  task_events: {
    existing: async (world) =>
      world.insert(
        `insert into public.task_events (task_id, task_created_at, account_id, seq, attempt, kind)
         select id, created_at, account_id, $2, 1, 'note' from public.tasks where id = $1 returning task_id, seq`,
        [world.task, ++lastSeq],
      ),
    fresh: async (world) => ({
      task_id: world.task,
      ...(await world.insert('select created_at::text as task_created_at from public.tasks where id = $1', [
        world.task,
      ])),
      account_id: world.account,
      seq: ++lastSeq,
      attempt: 1,
      kind: 'note',
    }),
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
