import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RepeatedDeployment } from '../../contracts/api/promotion.ts';
import type { Deployed } from '../../contracts/deployed.ts';
import type { Environment } from '../../contracts/project.ts';
import type { Release, ReleaseChangelog } from '../../contracts/release.ts';
import { resultOf } from './support/feed.ts';
import { Home } from './support/home.ts';
import { E2eStack, ok } from './support/stack.ts';

interface Ended {
  outcome: string;
  deployment: { id: string; origin: string; buildId: string; status: string };
}

describe('a release, from its build to production and back', () => {
  const home = new Home();
  let stack: E2eStack;
  const counted = home.path('built');
  // No two builds of it are the same: what is built again is found out.
  const projectFile = `version: 1
build:
  - name: build
    run: head -c 32 /dev/urandom | od -An -tx1 > site.txt && echo built >> ${counted}
artifacts: [site.txt]
deploy:
  - name: put
    run: cp site.txt "$TARGET"
`;
  const targets = { staging: home.path('staging.txt'), production: home.path('production.txt') };

  beforeAll(async () => {
    stack = await E2eStack.create(home, 'released', projectFile);
    for (const [slug, TARGET] of Object.entries(targets)) await stack.addEnvironment(slug, { TARGET });
  });
  afterAll(() => home[Symbol.asyncDispose]());

  const sfp = async (...args: string[]) => ok(await home.sfp(...args, '--context', stack.tenant, '--json')).json();
  /** Follows a command that deploys to its end. */
  async function follow(...args: string[]): Promise<Ended> {
    const watcher = home.start(...args, '--context', stack.tenant, '--json=stream');
    expect(await watcher.exit, watcher.stderr).toBe(0);
    return resultOf<Ended>(watcher);
  }
  const bytes = (slug: keyof typeof targets): string => readFileSync(targets[slug], 'utf8');
  const builds = (): number => (existsSync(counted) ? readFileSync(counted, 'utf8').trim().split('\n').length : 0);
  const promote = ['promote', '--project', 'app', '--from', 'staging', '--to', 'production'];

  it('goes through as the same bytes, is followed by another one, and is gone back to', async () => {
    await sfp('build', '--project', 'app');
    const first = (await sfp('release', 'create', 'v1', '--build', 'app')) as Release;
    expect(first).toMatchObject({ status: 'pending', builds: [{ project: 'app', number: 1 }] });
    const staged = await follow('release', 'deploy', 'v1', '--environment', 'staging');
    expect(staged.deployment).toMatchObject({ origin: 'release', status: 'succeeded' });
    const one = bytes('staging');
    const promoted = await follow(...promote);
    expect(promoted.deployment).toMatchObject({ origin: 'promotion', buildId: staged.deployment.buildId });
    expect(bytes('production')).toBe(one);
    expect(await sfp(...promote)).toMatchObject({ made: false, deployment: { id: promoted.deployment.id } });
    expect(await sfp('release', 'finalize', 'v1')).toMatchObject({ status: 'finalized' });

    stack.repository.commit('second', {});
    const last = stack.repository.commit('third', {});
    await sfp('build', '--project', 'app');
    await sfp('release', 'create', 'v2');
    await sfp('release', 'add', 'v2', 'app', '--build', '2');
    await follow('release', 'deploy', 'v2', '--environment', 'staging');
    expect(bytes('staging')).not.toBe(one);
    expect(bytes('production')).toBe(one);
    await follow(...promote);
    expect(bytes('production')).toBe(bytes('staging'));
    const { projects } = (await sfp('release', 'changelog', 'v2')) as ReleaseChangelog;
    const [changes] = Object.values(projects);
    expect(changes).toMatchObject({
      since: { release: 'v1', build: 1 },
      commits: [{ sha: last, subject: 'third' }, { subject: 'second' }],
    });
    const has = async () =>
      ((await sfp('environment', 'get', 'production', '--project', 'app')) as Environment).deployed;
    expect(await has()).toMatchObject({ origin: 'promotion', build: { number: 2 }, release: { name: 'v2' } });

    const back = await follow('rollback', '--project', 'app', '--environment', 'production');
    expect(back.deployment).toMatchObject({ origin: 'rollback', buildId: staged.deployment.buildId });
    expect(bytes('production')).toBe(one);
    expect(await has()).toMatchObject({ origin: 'rollback', build: { number: 1 }, release: { name: 'v1' } });
    const history = (await sfp('rollback', '--list', '-p', 'app', '-e', 'production')) as Deployed[];
    expect(history.map(({ origin, build }) => [origin, build?.number])).toEqual([
      ['rollback', 1],
      ['promotion', 2],
      ['promotion', 1],
    ]);
    // Forward again, to one of the list, and without waiting.
    const to = String(history[1]?.deploymentId);
    const forward = (await sfp(
      'rollback',
      '-p',
      'app',
      '-e',
      'production',
      '--to',
      to,
      '--detach',
    )) as RepeatedDeployment;
    const watched = home.start(
      'task',
      'watch',
      String(forward.deployment.taskId),
      '--context',
      stack.tenant,
      '--json=stream',
    );
    expect(await watched.exit, watched.stderr).toBe(0);
    expect(bytes('production')).toBe(bytes('staging'));
    expect(builds()).toBe(2);
  });

  it('says on the terminal’s lines what is taken where', async () => {
    const again = ok(await home.sfp(...promote, '--again', '--context', stack.tenant));
    expect(again.stderr).toMatch(/Promoting release v2, build 2 of main @ [0-9a-f]{8} from staging to production\./);
    expect(again.stdout).toContain('release v2, build 2 of main, from staging');
    const same = ok(await home.sfp(...promote, '--context', stack.tenant));
    expect(same.stdout).toMatch(/production has release v2, build 2 of main @ [0-9a-f]{8} already\./);
    const late = await home.sfp('release', 'add', 'v2', 'app', '--context', stack.tenant);
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('release_frozen')]);
    expect(builds()).toBe(2);
  });

  it('of several projects is followed beside each other', async () => {
    await stack.addProject('other', stack.repository.directory, { TARGET: home.path('other.txt') });
    await stack.addEnvironment('staging', { TARGET: home.path('other.txt') }, 'other');
    await sfp('build', '--project', 'other');
    await sfp('release', 'create', 'v3', '--build', 'app=1', '--build', 'other');
    const both = ok(await home.sfp('release', 'deploy', 'v3', '-e', 'staging', '--context', stack.tenant));
    expect(both.stdout).toMatch(/app\s+succeeded/);
    expect(both.stdout).toMatch(/other\s+succeeded/);
    const missing = await home.sfp('release', 'deploy', 'v3', '-e', 'production', '--context', stack.tenant);
    expect([missing.code, missing.stderr]).toEqual([
      1,
      expect.stringContaining('Without an environment production: other.'),
    ]);
    expect(await sfp('release', 'abort', 'v3', '--yes', '--reason', 'late')).toMatchObject({ status: 'aborted' });
  });
});
