import { Client } from 'pg';
import { rolePassword } from '../../../stack/role-password.ts';
import { waitFor } from '../../support/wait.ts';
import type { BenchStack } from '../support/bench-stack.ts';
import { interrupted } from '../support/clean-up.ts';
import { fillDocuments, runKey } from '../support/document-volume.ts';
import { figure, percentile } from '../support/samples.ts';
import { printNote, printTable } from '../support/table.ts';

const wanted = Number(process.env.SFP_BENCH_DOCUMENTS ?? 1_000_000);
const repeats = 100;
/** For what reads the whole collection where no index helps. */
const slowRepeats = 5;
const warmUps = 5;
const name = 'runs';
const indexes = [
  { path: 'status', type: 'text' as const },
  { path: 'build.number', type: 'number' as const },
];

interface Question {
  what: string;
  slowWhen?: 'shared';
  ask(stack: BenchStack, n: number, at: number): Promise<unknown>;
}

const list = (stack: BenchStack, where: readonly string[], more: object = {}) =>
  stack.api.documents.list(name, { where, limit: 20, ...more });

/** `n` is the number of a document; `at` counts. */
const questions: readonly Question[] = [
  { what: 'get', ask: ({ api }, n) => api.documents.get(name, runKey(n)) },
  {
    what: 'put, a new one',
    ask: ({ api }, n, at) => api.documents.put(name, `new/${n}/${at}`, { status: 'ok', size: n }),
  },
  { what: 'put, a new version', ask: ({ api }, n) => api.documents.put(name, runKey(n), { status: 'ok', size: n }) },
  { what: 'list a page by key', ask: (stack) => list(stack, [], { prefix: 'run/' }) },
  { what: 'list a page, last changed first', ask: (stack) => list(stack, [], { order: 'updated' }) },
  { what: 'find one: build.number=…', ask: (stack, n) => list(stack, [`build.number=${n}`]) },
  { what: 'find a page: status=failed', ask: (stack) => list(stack, ['status=failed']) },
  { what: 'find a page: status=failed size>900', ask: (stack) => list(stack, ['status=failed', 'size>900']) },
  {
    what: 'find one: contains {commit}',
    ask: (stack) => list(stack, [], { contains: { commit: 'c4ca4238a0b923820dcc509a6f75849b' } }),
  },
  {
    what: 'find a page: build.number>=…, near the end',
    slowWhen: 'shared',
    ask: (stack, n) => list(stack, [`build.number>=${n}`]),
  },
];

/** The same questions to a large collection in the shared table, and to it in a table of its own. */
export async function documents(stack: BenchStack): Promise<void> {
  const { settings, secrets, api } = stack;
  const client = new Client({
    host: '127.0.0.1',
    port: settings.ports.postgres,
    user: 'supabase_admin',
    database: 'postgres',
    password: rolePassword(secrets.databasePassword, 'supabase_admin'),
  });
  await client.connect();
  try {
    const { id } = await api.collections.create({ name });
    const begun = performance.now();
    const count = await fillDocuments(client, id, wanted, interrupted.signal);
    const filled = (performance.now() - begun) / 1_000;
    const shared = await measure(stack, count, 'shared');
    const moving = performance.now();
    await api.collections.promote(id, { indexes });
    const isDedicated = async (): Promise<boolean> => (await api.collections.get(id)).storage === 'dedicated';
    await waitFor(isDedicated, { timeoutMs: 1_800_000, what: 'the end of the move', everyMs: 500 });
    const moved = (performance.now() - moving) / 1_000;
    const dedicated = await measure(stack, count, 'dedicated');
    const rows = questions.map(({ what }) => [
      what,
      ...[shared, dedicated].flatMap((all) =>
        [50, 95].map((percent) => figure(percentile(all.get(what) ?? [], percent))),
      ),
      String(shared.get(what)?.length),
    ]);
    const columns = ['what', 'shared p50', 'shared p95', 'dedicated p50', 'dedicated p95', 'n'];
    printTable(`Documents: ms through the API, ${count.toLocaleString('en')} in the collection`, columns, rows);
    printNote(
      `Made in ${figure(filled)} s; moved in ${figure(moved)} s (${figure(count / moved)} documents a second) while it could be used. The plans are checked by test/integration/schema/document-plans.integration.test.ts.`,
    );
  } finally {
    await client.end();
  }
}

async function measure(
  stack: BenchStack,
  count: number,
  storage: 'shared' | 'dedicated',
): Promise<Map<string, number[]>> {
  const measured = new Map<string, number[]>();
  let asked = 0;
  for (const { what, slowWhen, ask } of questions) {
    const samples: number[] = [];
    for (
      let turn = slowWhen === storage ? 0 : -warmUps;
      turn < (slowWhen === undefined ? repeats : slowRepeats);
      turn += 1
    ) {
      interrupted.signal.throwIfAborted();
      asked += 1;
      // Spread over all of them, and for what reads on to the end, near it.
      const n = slowWhen === undefined ? (asked * 7_919) % count : count - 30;
      const began = performance.now();
      await ask(stack, n, asked);
      if (turn >= 0) samples.push(performance.now() - began);
    }
    measured.set(what, samples);
  }
  return measured;
}
