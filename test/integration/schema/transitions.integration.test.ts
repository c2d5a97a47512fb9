import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountRoles } from '../../../contracts/account.ts';
import { buildStatuses, buildTransitions } from '../../../contracts/build.ts';
import {
  approvalStatuses,
  approvalTransitions,
  deploymentOrigins,
  deploymentStatus,
  deploymentStatuses,
  queueStatuses,
  stageStatuses,
  stages,
  stageTransitions,
} from '../../../contracts/deployment.ts';
import { lockStatuses, lockTransitions } from '../../../contracts/environment-lock.ts';
import { environmentCategories } from '../../../contracts/project.ts';
import { releaseStatuses, releaseTransitions } from '../../../contracts/release.ts';
import {
  missedPolicies,
  scheduleKinds,
  scheduleOutcomes,
  scheduleStatuses,
  scheduleTransitions,
} from '../../../contracts/schedule.ts';
import { pools, taskStatuses, taskTransitions, taskTypes } from '../../../contracts/task.ts';
import { taskEventKinds } from '../../../contracts/task-event.ts';
import { type CoreDatabase, startCoreDatabase } from './core-database.ts';

let database: CoreDatabase;
beforeAll(async () => {
  database = await startCoreDatabase();
});
afterAll(() => database.stop());

describe('SQL and contracts say the same', () => {
  it.each([
    ['account_role', accountRoles],
    ['environment_category', environmentCategories],
    ['stage_status', stageStatuses],
    ['queue_status', queueStatuses],
    ['deployment_status', deploymentStatuses],
    ['task_status', taskStatuses],
    ['lock_status', lockStatuses],
    ['task_type', taskTypes],
    ['pool', pools],
    ['task_event_kind', taskEventKinds],
    ['schedule_kind', scheduleKinds],
    ['schedule_missed', missedPolicies],
    ['schedule_status', scheduleStatuses],
    ['schedule_outcome', scheduleOutcomes],
    ['build_status', buildStatuses],
    ['release_status', releaseStatuses],
    ['approval_status', approvalStatuses],
    ['deployment_origin', deploymentOrigins],
  ])('enum %s', async (name, values) => {
    const { rows } = await database.owner.query<{ values: string[] }>(
      `select array_agg(enumlabel::text order by enumsortorder) as values from pg_enum where enumtypid = to_regtype($1)`,
      [`public.${name}`],
    );
    expect(rows[0]?.values).toEqual([...values]);
  });

  it.each([
    ['stage', stageStatuses, stageTransitions],
    ['task', taskStatuses, taskTransitions],
    ['schedule', scheduleStatuses, scheduleTransitions],
    ['lock', lockStatuses, lockTransitions],
    ['build', buildStatuses, buildTransitions],
    ['release', releaseStatuses, releaseTransitions],
    ['approval', approvalStatuses, approvalTransitions],
  ] as const)('legal moves of a %s', async (kind, values, transitions) => {
    const { rows } = await database.owner.query<{ from: string; to: string }>(
      `select a::text as from, b::text as to from unnest(enum_range(null::public.${kind}_status)) a,
       unnest(enum_range(null::public.${kind}_status)) b where private.${kind}_may_move(a, b)`,
    );
    const found = rows.map(({ from, to }) => `${from} → ${to}`).sort();
    const table: Record<string, readonly string[]> = transitions;
    expect(found).toEqual(values.flatMap((from) => (table[from] ?? []).map((to) => `${from} → ${to}`)).sort());
  });

  it('the generated status of a deployment, over all combinations', async () => {
    const columns = stages.map((stage) => `${stage}_status`);
    const from = stages.map((stage, n) => `unnest(enum_range(null::public.stage_status)) s${n}(${stage}_status)`);
    await database.owner.query(`create temp table every_deployment (like public.deployments including generated)`);
    const { rows: required } = await database.owner.query<{ column_name: string }>(
      `select column_name from information_schema.columns where table_name = 'every_deployment' and is_nullable = 'NO'
       and is_generated = 'NEVER'`,
    );
    for (const { column_name } of required) {
      await database.owner.query(`alter table every_deployment alter ${column_name} drop not null`);
    }
    await database.owner.query(
      `insert into every_deployment (queue_status, approval_status, ${columns.join(', ')})
       select q, a, ${columns.join(', ')} from unnest(enum_range(null::public.queue_status)) q,
         unnest(enum_range(null::public.approval_status)) a, ${from.join(', ')}`,
    );
    const { rows } = await database.owner.query<string[]>({
      text: `select queue_status, approval_status, status, ${columns.join(', ')} from every_deployment`,
      rowMode: 'array',
    });
    expect(rows).toHaveLength(queueStatuses.length * approvalStatuses.length * stageStatuses.length ** stages.length);
    const different = rows.filter(([queue, approval, status, ...values]) => {
      const map = Object.fromEntries(stages.map((stage, n) => [stage, values[n]]));
      const stagesOf = map as Parameters<typeof deploymentStatus>[1];
      return deploymentStatus(queue as 'queued', stagesOf, approval as 'pending') !== status;
    });
    expect(different).toEqual([]);
  });
});
