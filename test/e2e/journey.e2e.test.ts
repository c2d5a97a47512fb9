import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { isStage } from './support/feed.ts';
import { Journey } from './support/journey.ts';

interface Ticket {
  ticketId: string;
  status: string;
}

describe('three people and a project, from its build to its way back', () => {
  const journey = new Journey();
  let first = '';
  let second = '';

  beforeAll(async () => {
    await journey.begin('journey');
    first = journey.stack.repository.git('rev-parse', 'HEAD').trim();
  });
  afterAll(() => journey[Symbol.asyncDispose]());

  it('it is built once, released, and deployed to staging', async () => {
    await journey.finish(journey.follow('ben', 'build', '-p', 'app'));
    await journey.as('ben', 'release', 'create', '1.0.0', '--build', 'app');
    const watcher = journey.follow('ben', 'release', 'deploy', '1.0.0', '-e', 'staging');
    await watcher.line('the deploy stage', isStage('deploy', 'succeeded'));
    await journey.finish(watcher);
    expect([journey.published('staging'), journey.built(first)]).toEqual([first, 1]);
  });

  it('it is promoted to production when somebody else has approved it, the same files', async () => {
    const watcher = journey.follow('ben', 'promote', '-p', 'app', '--from', 'staging', '--to', 'production');
    const id = await journey.approve();
    await journey.finish(watcher);
    expect([journey.published('production'), journey.built(first)]).toEqual([first, 1]);
    const [promoted] = await journey.deployments('--environment', 'production');
    expect(promoted).toMatchObject({ id, status: 'succeeded', origin: 'promotion' });
  });

  it('the next commit takes the same way', async () => {
    second = journey.stack.repository.commit('second', {});
    await journey.finish(journey.follow('ben', 'deploy', '-p', 'app', '-e', 'staging'));
    const watcher = journey.follow('ben', 'promote', '-p', 'app', '--from', 'staging', '--to', 'production');
    await journey.approve();
    await journey.finish(watcher);
    expect([journey.published('production'), journey.built(second)]).toEqual([second, 1]);
  });

  it('production goes back to what it had, without a build and without the repository', async () => {
    const watcher = journey.follow('ben', 'rollback', '-p', 'app', '-e', 'production');
    await journey.approve();
    await journey.finish(watcher);
    expect([journey.published('production'), journey.built(first)]).toEqual([first, 1]);
    const [last] = await journey.deployments('--environment', 'production');
    expect(last).toMatchObject({ status: 'succeeded', origin: 'rollback', commitSha: first });
    await journey.as('owner', 'release', 'finalize', '1.0.0');
  });

  it('three users take the environment in turn', async () => {
    const held: string[] = [];
    const lock = async (person: 'owner' | 'ben' | 'eve'): Promise<void> => {
      const ticket = await journey.json<Ticket>(person, 'env', 'lock', 'staging', '-p', 'app', '--wait');
      expect(ticket.status).toBe('held');
      // Nobody else is in there until it is given back.
      const { lock: holder } = await journey.json<{ lock: Ticket }>('owner', 'env', 'get', 'staging', '-p', 'app');
      expect(holder.ticketId).toBe(ticket.ticketId);
      held.push(person);
      await journey.as(person, 'env', 'unlock', ticket.ticketId);
    };
    await Promise.all([lock('owner'), lock('ben'), lock('eve')]);
    expect(held.sort()).toEqual(['ben', 'eve', 'owner']);
  });

  it('a schedule fires by itself, once', async () => {
    const before = (await journey.deployments('--environment', 'dev')).length;
    const soon = new Date(Date.now() + 3_000).toISOString().slice(0, 19);
    await journey.as('ben', 'schedule', 'create', 'soon', '-p', 'app', '-e', 'dev', '--at', soon, '--timezone', 'UTC');
    const [fired] = await waitFor(
      async () => {
        const all = await journey.deployments('--environment', 'dev');
        return all.length > before ? all : undefined;
      },
      { timeoutMs: 60_000, what: 'the scheduled deployment' },
    );
    await journey.finish(journey.follow('eve', 'task', 'watch', fired?.taskId ?? ''));
    expect(journey.published('dev')).toBe(second);
    const runs = await journey.json<{ outcome: string }[]>('ben', 'schedule', 'runs', 'soon', '-p', 'app');
    expect(runs).toMatchObject([{ outcome: 'made' }]);
  });
});
