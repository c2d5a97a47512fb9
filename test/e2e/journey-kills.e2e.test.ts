import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { Journey } from './support/journey.ts';
import { stackRows } from './support/stack-database.ts';

// More with SFP_JOURNEY_ROUNDS; the suite has a few, for each costs the time in which what was killed is missed.
const rounds = Number(process.env.SFP_JOURNEY_ROUNDS ?? 3);
const victims = ['worker-standard', 'api', 'postgres'] as const;
const longest = 180_000;

describe(`the journey, with something killed in each of ${rounds} rounds`, () => {
  const journey = new Journey();
  const rows = (sql: string) => stackRows(journey.home.path('base'), journey.stack.tenant, sql);

  beforeAll(async () => {
    await journey.begin('kills');
  });
  afterAll(() => journey[Symbol.asyncDispose]());

  /** Repeats what was refused or cut off, as a person would; the command must be one that may be repeated. */
  async function insist<Value>(what: string, work: () => Promise<Value | undefined>): Promise<Value> {
    return waitFor(() => work().catch(() => undefined), { timeoutMs: longest, what });
  }

  /** SIGKILL at a random moment of the next seconds. */
  async function killSoon(round: number): Promise<string> {
    const victim = victims[round % victims.length] ?? 'api';
    const pid = await journey.stack.pidOf(victim);
    const at = Date.now() + Math.random() * 4_000;
    await waitFor(() => Date.now() >= at, { timeoutMs: 10_000, what: 'the moment' });
    process.kill(pid, 'SIGKILL');
    return victim;
  }

  /** A deployment of this ref to staging, asked for until there is one, and followed to its success. */
  async function deploy(ref: string): Promise<void> {
    const made = () => journey.deployments('--ref', ref).then(([newest]) => newest);
    await insist(`a deployment of ${ref}`, async () => {
      const found = await made();
      if (found !== undefined) return found;
      await journey.try('ben', 'deploy', '-p', 'app', '-e', 'staging', '--ref', ref, '--detach');
      return made();
    });
    await insist(`the success of ${ref}`, async () => {
      const found = await made();
      if (found?.status === 'failed') throw new Error(`${ref} failed`);
      return found?.status === 'succeeded' ? found : undefined;
    });
  }

  /** What staging has goes to production, approved by the owner. */
  async function promote(commit: string): Promise<void> {
    const here = async () =>
      (await journey.deployments('--environment', 'production')).find(({ commitSha }) => commitSha === commit);
    await insist('a promotion', async () => {
      const found = await here();
      if (found !== undefined) return found;
      await journey.try('ben', 'promote', '-p', 'app', '--from', 'staging', '--to', 'production', '--detach');
      return here();
    });
    await insist('its success', async () => {
      const found = await here();
      if (found?.status === 'awaiting_approval') await journey.try('owner', 'deployment', 'approve', found.id);
      return found?.status === 'succeeded' ? found : undefined;
    });
  }

  /** Held and given back, whatever dies meanwhile. */
  async function lock(): Promise<void> {
    const ticket = await insist('a ticket', async () => {
      const run = await journey.try('eve', 'env', 'lock', 'dev', '-p', 'app', '--wait');
      return run.code === 0 ? (run.json() as { ticketId: string }) : undefined;
    });
    await insist('the ticket given back', async () => {
      const run = await journey.try('eve', 'env', 'unlock', ticket.ticketId);
      return run.code === 0 || /released|no such/i.test(run.stderr) ? true : undefined;
    });
  }

  it.each(Array.from({ length: rounds }, (_, round) => round))(
    'round %i: deployed, promoted, locked and scheduled',
    async (round) => {
      const ref = `round-${round}`;
      const commit = journey.stack.repository.commit(ref, {});
      journey.stack.repository.git('branch', ref);
      const soon = new Date(Date.now() + 5_000).toISOString().slice(0, 19);
      await journey.as(
        'ben',
        ...['schedule', 'create', ref, '-p', 'app', '--kind', 'noop', '--at', soon, '--timezone', 'UTC'],
      );
      const killed = killSoon(round);
      await Promise.all([killed, deploy(ref), lock()]);
      const again = killSoon(round + 1);
      await Promise.all([again, promote(commit)]);
      await insist('the scheduled run', async () => {
        const runs = await journey.json<{ outcome: string }[]>('ben', 'schedule', 'runs', ref, '-p', 'app');
        return runs.length > 0 ? runs : undefined;
      });
      await journey.stack.healthy();
      expect([journey.published('staging'), journey.published('production')]).toEqual([commit, commit]);
    },
    longest * 4,
  );

  it('nothing was lost, and nothing was done twice', async () => {
    await insist('the end of every task', async () => {
      const [open] = await rows(
        `select count(*)::int as n from public.tasks where status in ('waiting', 'queued', 'running')`,
      );
      return open?.n === 0 ? true : undefined;
    });
    // What each ref was asked for: one build, one deployment to staging, one to production.
    const made = await rows(
      `select d.ref, e.slug, d.status, count(*)::int as n from public.deployments d
       join public.environments e on e.id = d.environment_id group by 1, 2, 3 order by 1, 2`,
    );
    const expected = Array.from({ length: rounds }, (_, round) => `round-${round}`)
      .sort()
      .flatMap((ref) => ['production', 'staging'].map((slug) => ({ ref, slug, status: 'succeeded', n: 1 })));
    expect(made).toEqual(expected);
    expect(await rows(`select project_id, commit_sha from public.builds group by 1, 2 having count(*) > 1`)).toEqual(
      [],
    );
    // No stage ended twice, no event is missing or doubled, and both say the same.
    expect(
      await rows(
        `select task_id, data ->> 'stage' as stage from public.task_events
         where kind = 'stage' and data ->> 'status' = 'succeeded' group by 1, 2 having count(*) > 1`,
      ),
    ).toEqual([]);
    expect(
      await rows(
        `select t.id from public.tasks t left join public.task_events e on e.task_id = t.id
         group by t.id having count(e.seq) <> t.last_seq or max(e.seq) <> t.last_seq`,
      ),
    ).toEqual([]);
    expect(await rows(`select outcome, count(*)::int as n from public.schedule_runs group by 1`)).toEqual([
      { outcome: 'made', n: rounds },
    ]);
    expect(await rows('select id from public.environment_allocations where released_at is null')).toEqual([]);
    expect(await rows(`select id from private.outbox where created_at < now() - interval '1 minute'`)).toEqual([]);
  });
});
