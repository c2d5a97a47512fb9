import { expect, test } from 'vitest';
import { type DagTask, planDag } from './dag.ts';
import type { TaskStatus } from './task-state.ts';
import type { Step, WorkflowDefinition } from './workflow.ts';

const step = (name: string, parents: string[] = []): Step => ({
  stepId: name,
  name,
  action: `wf:${name}`,
  timeout: '60s',
  scheduleTimeout: null,
  parents,
  retries: 0,
  backoffFactor: null,
  backoffMaxSeconds: null,
  labels: {},
  concurrency: [],
  rateLimits: [],
  conditions: [],
  durable: false,
  slots: { default: 1 },
});
const definition = (steps: Step[], hook = false): WorkflowDefinition => ({
  name: 'wf',
  description: '',
  steps,
  onFailure: hook ? step('on-failure-task') : null,
  eventTriggers: [],
  cronTriggers: [],
  cronInput: null,
  concurrency: [],
  filters: [],
  sticky: null,
  defaultPriority: null,
  inputJsonSchema: null,
  idempotency: null,
});
const tasks = (statuses: Record<string, TaskStatus>): DagTask[] =>
  Object.entries(statuses).map(([name, status]) => ({ id: name, step: name, status }));

const diamond = definition([step('a'), step('b', ['a']), step('c', ['a']), step('d', ['b', 'c'])], true);

test('children start when every parent is completed', () => {
  const plan = planDag(
    diamond,
    tasks({ a: 'COMPLETED', b: 'PENDING', c: 'PENDING', d: 'PENDING', 'on-failure-task': 'PENDING' }),
  );
  expect(plan).toEqual({ ready: ['b', 'c'], cancel: [], skip: [], outcome: undefined });
});

test('a failure cancels all that hangs on it and starts the hook beside what still runs', () => {
  const plan = planDag(
    diamond,
    tasks({ a: 'COMPLETED', b: 'FAILED', c: 'RUNNING', d: 'PENDING', 'on-failure-task': 'PENDING' }),
  );
  expect(plan).toEqual({ ready: ['on-failure-task'], cancel: ['d'], skip: [], outcome: undefined });
});

test('the run ends when the hook has ended too', () => {
  const states = { a: 'COMPLETED', b: 'FAILED', c: 'COMPLETED', d: 'CANCELLED' } as const;
  expect(planDag(diamond, tasks({ ...states, 'on-failure-task': 'RUNNING' })).outcome).toBeUndefined();
  expect(planDag(diamond, tasks({ ...states, 'on-failure-task': 'COMPLETED' })).outcome).toBe('FAILED');
});

test('an unused hook is skipped, after success and after a cancel', () => {
  const all = (status: TaskStatus) =>
    tasks({ a: status, b: status, c: status, d: status, 'on-failure-task': 'PENDING' });
  expect(planDag(diamond, all('COMPLETED'))).toMatchObject({ skip: ['on-failure-task'], outcome: 'COMPLETED' });
  expect(planDag(diamond, all('CANCELLED'))).toMatchObject({ skip: ['on-failure-task'], outcome: 'CANCELLED' });
});

test('a cancelled first task cancels a whole chain at once, whatever the order of the definition', () => {
  const chain = definition([step('c', ['b']), step('b', ['a']), step('a')]);
  const plan = planDag(chain, tasks({ c: 'PENDING', b: 'PENDING', a: 'CANCELLED' }));
  expect(plan).toEqual({ ready: [], cancel: ['b', 'c'], skip: [], outcome: 'CANCELLED' });
});

test('planning twice changes nothing', () => {
  const plan = planDag(
    diamond,
    tasks({ a: 'COMPLETED', b: 'QUEUED', c: 'QUEUED', d: 'PENDING', 'on-failure-task': 'PENDING' }),
  );
  expect(plan).toEqual({ ready: [], cancel: [], skip: [], outcome: undefined });
});
