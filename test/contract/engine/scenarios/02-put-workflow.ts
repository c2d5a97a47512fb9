import type { HatchetClient } from '@hatchet-dev/typescript-sdk/v1/client/client.js';
import {
  ConcurrencyLimitStrategy,
  Or,
  RateLimitDuration,
  WorkerLabelComparator,
} from '@hatchet-dev/typescript-sdk/v1/index.js';
import { z } from 'zod';
import type { Scenario } from '../support/scenario.ts';

const fn = (): Record<string, never> => ({});
type Registered = Parameters<HatchetClient['worker']>[1];

/** Registration with every option, versions, and definitions that are refused. */
export async function putWorkflow(s: Scenario): Promise<void> {
  const a = await s.client('A');
  const one = a.task({ name: 's02-plain', fn });
  const dag = a.workflow({ name: 's02-dag', description: 'a dag', version: 'v9' });
  const first = dag.task({ name: 'a', fn: () => ({ x: 1 }) });
  const second = dag.task({ name: 'b', fn, parents: [first] });
  dag.task({
    name: 'c',
    fn,
    parents: [first, second],
    skipIf: [{ parent: first, expression: 'output.x > 1' }],
    waitFor: [{ sleepFor: '3s' }, { eventKey: 's02:go', expression: 'input.ok == true' }],
    cancelIf: Or({ sleepFor: '10s' }, { eventKey: 's02:stop' }),
  });
  dag.onFailure({ fn });
  dag.onSuccess({ fn });
  const { GROUP_ROUND_ROBIN, CANCEL_NEWEST, CANCEL_IN_PROGRESS } = ConcurrencyLimitStrategy;
  const full = a.task({
    name: 's02-full',
    fn,
    retries: 3,
    backoff: { factor: 2, maxSeconds: 10 },
    executionTimeout: '90s',
    scheduleTimeout: '1h',
    onEvents: ['s02:ev', 's02:wild*'],
    onCrons: ['5 4 * * *'],
    sticky: 'soft',
    defaultPriority: 2,
    idempotency: { strategy: 'ttl', expression: 'input.id', ttlMs: 60_000 },
    inputValidator: z.object({ id: z.string(), n: z.number().optional() }),
    concurrency: [
      { expression: 'input.id', maxRuns: 2, limitStrategy: GROUP_ROUND_ROBIN },
      { expression: 'input.n', maxRuns: 1, limitStrategy: CANCEL_NEWEST },
    ],
    rateLimits: [
      { staticKey: 's02-rl', units: 1 },
      { dynamicKey: 'input.id', units: 'input.n', limit: 10, duration: RateLimitDuration.MINUTE },
    ],
    desiredWorkerLabels: {
      pool: { value: 'x', required: true },
      mem: { value: 100, weight: 5, comparator: WorkerLabelComparator.GREATER_THAN },
    },
    slotCost: 2,
  });
  const wfc = a.workflow({
    name: 's02-wfconc',
    concurrency: { expression: 'input.k', maxRuns: 3, limitStrategy: CANCEL_IN_PROGRESS, name: 'nm' },
    taskDefaults: { retries: 2, executionTimeout: '5s' },
    onEvents: ['s02:x'],
    defaultFilters: [{ expression: 'input.a == 1', scope: 'sc', payload: { p: 1 } }],
  });
  wfc.task({ name: 't', fn });
  const dyn = a.task({
    name: 's02-dynmax',
    fn,
    concurrency: {
      expression: 'input.k',
      maxRuns: 'input.m',
      limitStrategy: GROUP_ROUND_ROBIN,
      isTenantScoped: true,
      name: 's02shared',
    },
  });
  const dur = a.durableTask({ name: 's02-durable', fn: async () => ({}) });
  const register = (client: HatchetClient, name: string, workflows: unknown[]) =>
    client.worker(name, { workflows } as Registered);
  for (const [name, workflow] of Object.entries({ one, dag, full, wfc, dyn, dur }))
    await s.call('A', `admin.putWorkflow(${name})`, () =>
      register(a, `s02-w-${name}`, [workflow]).then(() => 'registered'),
    );
  const again = (retries?: number) => a.task({ name: 's02-plain', fn, ...(retries === undefined ? {} : { retries }) });
  await s.call('A', 'put plain again', () => register(a, 's02-w2', [again()]).then(() => 'ok'));
  await s.call('A', 'put plain changed', () => register(a, 's02-w2', [again(4)]).then(() => 'ok'));
  await s.call('A', 'put plain back to original', () => register(a, 's02-w2', [again()]).then(() => 'ok'));
  for (const name of ['s02-plain', 's02-full', 's02-dag']) {
    const workflow = await s.call('A', `workflows.get(${name})`, () => a.workflows.get(name));
    const id = workflow?.metadata.id ?? '';
    await s.call('A', `workflowVersionGet(${name})`, async () => (await a.api.workflowVersionGet(id)).data);
  }
  await refused(s, a);
}

/** The SDK tries a refused definition eight times; each is put once here, without its retries. */
async function refused(s: Scenario, a: HatchetClient): Promise<void> {
  const b = await s.client('B');
  b.admin.putWorkflow = (workflow) => b.admin.adminGrpc.putWorkflow(workflow);
  const bad: Record<string, () => unknown> = {
    emptyTasks: () => a.workflow({ name: 's02-empty' }),
    badCron: () => a.task({ name: 's02-badcron', fn, onCrons: ['not a cron'] }),
    badTimeout: () => a.task({ name: 's02-badto', fn, executionTimeout: 'abc' as '1s' }),
    badCel: () =>
      a.task({
        name: 's02-badcel',
        fn,
        concurrency: { expression: 'input.', maxRuns: 1, limitStrategy: ConcurrencyLimitStrategy.GROUP_ROUND_ROBIN },
      }),
    badName: () => a.task({ name: 's02 bad name!?', fn }),
    dupTask: () => {
      const workflow = a.workflow({ name: 's02-dup' });
      workflow.task({ name: 'x', fn });
      workflow.task({ name: 'x', fn });
      return workflow;
    },
    cycle: () => {
      const workflow = a.workflow({ name: 's02-cyc' });
      const x = workflow.task({ name: 'x', fn });
      x.parents = [workflow.task({ name: 'y', fn, parents: [x] })];
      return workflow;
    },
    negRetries: () => a.task({ name: 's02-neg', fn, retries: -1 }),
    prio9: () => a.task({ name: 's02-prio', fn, defaultPriority: 9 as 3 }),
    longName: () => a.task({ name: `s02-${'x'.repeat(300)}`, fn }),
    unknownParent: () => {
      const workflow = a.workflow({ name: 's02-up' });
      const other = a.workflow({ name: 's02-up2' });
      workflow.task({ name: 'y', fn, parents: [other.task({ name: 'x', fn })] });
      return workflow;
    },
  };
  for (const [name, make] of Object.entries(bad))
    await s.call('B', `register ${name}`, async () => {
      await b.worker('s02-bad', { workflows: [make()] } as Registered);
      return 'accepted';
    });
}
