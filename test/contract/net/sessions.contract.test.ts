import { pino } from 'pino';
import { afterAll, beforeAll, test } from 'vitest';
import { type NetWorker, startNetWorker } from '../../../embedded/net/worker.ts';
import { waitFor } from '../../support/wait.ts';
import { openTarget, type Target } from '../postgres/fixture.ts';
import { playSession } from '../postgres/session-player.ts';
import { type Out, readSession, type SessionLine } from '../postgres/session-recording.ts';
import { Claims } from '../support/claims.ts';
import { Bindings, compare } from '../support/compare.ts';
import { Report } from '../support/report.ts';
import { type Peer, type Seen, startPeer } from './peer.ts';

const claims = new Claims('net');
const report = new Report('net', claims);
let target: Target;
let peer: Peer;
let worker: NetWorker | undefined;

beforeAll(async () => {
  target = await openTarget();
  peer = await startPeer();
  // A real pg_net brings its own worker.
  if (process.env.SFP_CONTRACT_POSTGRES_URL === undefined) {
    worker = startNetWorker({ databaseUrl: target.url('supabase_admin'), log: pino({ level: 'silent' }) });
    await worker.ready;
  }
});
afterAll(async () => {
  report.print();
  await worker?.stop();
  await peer.close();
  await target.stop();
});

// R and P act as the migrations' role until they change it; the others are sessions of the superuser.
const roles: Readonly<Record<string, string>> = { P: 'postgres' };

test.each(claims.scenarios)('%s', async (scenario) => {
  const lines = readSession(scenario);
  const bindings = new Bindings();
  peer.seen.length = 0;
  await target.admin.query('truncate net.http_request_queue, net._http_response');
  await playSession(scenario, lines, {
    url: (conn) => target.url(roles[conn] ?? 'supabase_admin'),
    report,
    bindings,
    translate: peer.translate,
    restore: peer.restore,
    savepoints: scenario === 'N07',
    // Here it cannot be created again: there are no extension files.
    skip: (sql) => /^(create|drop) extension/.test(sql),
    settle: async (line, step) => {
      if (line.dir === 'http') await checkArrival(scenario, step, line);
      if (line.dir !== 'sql') return;
      if (/_http_response/.test(line.sql)) await answersThere(line, recordedOut(lines, step), bindings);
      if (/order by id desc limit 1/.test(line.sql)) await lastAnswerThere();
      if (/from net\.http_request_queue/.test(line.sql) && recordedOut(lines, step)?.tag === 'SELECT 0')
        await queueEmpty();
    },
  });
  report.assert(scenario);
});

/** A recorded request has to arrive, whatever the order: nothing orders requests that are sent at once. */
async function checkArrival(
  scenario: string,
  step: number,
  line: Extract<SessionLine, { dir: 'http' }>,
): Promise<void> {
  const expected = { headers: sorted(line.headers), body: cut(line.body, line.body) };
  const view = ({ headers, body }: Seen) => ({
    headers: line.headers === '…' ? 'left out' : sorted(headers.map(([name, value]) => [name, peer.restore(value)])),
    body: cut(line.body, body),
  });
  const candidates = () => peer.seen.filter(({ request }) => peer.restore(request) === line.request);
  const seen = await waitFor(() => candidates().find((candidate) => compare(expected, view(candidate)).length === 0), {
    // What is known to stay away is not waited for.
    timeoutMs: claims.deviation(scenario, step) === undefined ? 2_000 : 100,
    what: line.request,
  }).catch(() => undefined);
  if (seen !== undefined) peer.seen.splice(peer.seen.indexOf(seen), 1);
  const shown = seen ?? candidates()[0];
  const actual = shown && view(shown);
  report.record(scenario, step, line.request, compare(expected, actual));
}

/** Among the headers only those of the same name have an order that means something. */
const sorted = (headers: unknown): unknown =>
  Array.isArray(headers) ? headers.map((pair) => JSON.stringify(pair)).sort() : 'left out';

const cut = (recorded: string, text: string): string => text.slice(0, recorded.replace(/…\(\d+.*\)$/, '').length);

const recordedOut = (lines: SessionLine[], step: number): Out | undefined =>
  lines.slice(step).find((line) => line.dir === 'out');

const queueEmpty = (): Promise<unknown> =>
  waitFor(async () => (await count('select count(*)::int as n from net.http_request_queue')) === 0, {
    timeoutMs: 2_000,
    what: 'an empty queue',
  }).catch(() => undefined);

const lastAnswerThere = (): Promise<unknown> =>
  waitFor(
    async () =>
      (await count(`select count(*)::int as n from net._http_response
        where id = (select last_value from net.http_request_queue_id_seq)`)) === 1,
    { timeoutMs: 2_000, what: 'the last answer' },
  ).catch(() => undefined);

async function count(sql: string): Promise<number> {
  const { rows } = await target.admin.query<{ n: number }>(sql);
  return rows[0]?.n ?? 0;
}

/** Waits until the responses that the statement asks for are stored, as the recorder did. */
async function answersThere(
  line: Extract<SessionLine, { dir: 'sql' }>,
  recorded: Out | undefined,
  bindings: Bindings,
): Promise<void> {
  // The recorder found none either.
  if (recorded?.tag === 'SELECT 0' || JSON.stringify(recorded?.rows) === '[{"count":0}]') return;
  const ids = (line.params ?? []).flat().flatMap((id) => {
    const found = bindings.lookup(String(id));
    return typeof found === 'number' ? [found] : [];
  });
  if (ids.length === 0) return;
  await waitFor(
    async () => {
      const { rows } = await target.admin.query(
        'select count(*)::int as n from net._http_response where id = any ($1)',
        [ids],
      );
      return rows[0].n >= ids.length;
    },
    { timeoutMs: 8_000, what: `responses ${ids.join(', ')}` },
  ).catch(() => undefined);
}
