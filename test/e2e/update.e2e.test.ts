import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readJournal } from '../../stack/journal.ts';
import { type StackLayout, stackLayout } from '../../stack/layout.ts';
import { readState } from '../../stack/state.ts';
import { NextVersion, type NextVersionKind, nextPlatformVersion } from '../support/next-version.ts';
import { acrossVersions, tableDigests } from '../support/table-digest.ts';
import { proveFault, updateFaults } from '../support/update-faults.ts';
import { isStage } from './support/feed.ts';
import { GatedProject } from './support/gated-project.ts';
import { Home } from './support/home.ts';
import { E2eStack, ok } from './support/stack.ts';
import { stackRows } from './support/stack-database.ts';

const tenant = 'acme';
const plainProject = 'version: 1\ndeploy:\n  - name: deploy\n    run: echo deployed\n';
const gatedProject = plainProject.replace('echo deployed', 'while [ ! -e "$GATE" ]; do sleep 0.1; done');
/** How much room this machine has is not what is tested. */
const anyRoom = ['--skip-check', 'update-room'];

const updateSchema = z.object({
  outcome: z.string(),
  from: z.string(),
  to: z.string(),
  backup: z.string(),
  downtimeMs: z.number(),
  evidence: z.array(z.object({ name: z.string(), evidence: z.string() })),
});
const stoppedSchema = updateSchema.extend({ downtimeMs: z.null(), running: z.boolean() });
const rollbackSchema = z.object({ from: z.string(), to: z.string(), restored: z.string(), saved: z.string() });
const reviewSchema = z.object({
  from: z.string(),
  to: z.string(),
  changes: z.boolean(),
  breaking: z.array(z.string()),
  migrations: z.array(z.object({ file: z.string(), breaking: z.boolean() })),
});

describe('sfp server update and rollback', () => {
  const home = new Home();
  const baseDir = home.path('base');
  const gated = new GatedProject(home.directory);
  let layout: StackLayout;
  let stack: E2eStack;
  let versions: Record<NextVersionKind, NextVersion>;
  let old: string;

  beforeAll(async () => {
    versions = {
      // Its migration is marked as breaking, so that a rollback has to bring the data back.
      good: NextVersion.make('good', { breaking: true }),
      'failing-migration': NextVersion.make('failing-migration'),
      unproven: NextVersion.make('unproven'),
    };
    stack = await E2eStack.create(home, tenant, plainProject, gated.variables);
    layout = stackLayout(baseDir, tenant);
    old = readState(layout)?.platformVersion ?? '';
    const deployment = stack.deploy();
    expect(await deployment.exit, deployment.stderr).toBe(0);
    ok(await home.sfp('server', 'config', 'set', 'drainTimeoutMs=300', '--tenant', tenant));
    ok(await home.sfp('server', 'restart', '--tenant', tenant));
  });
  afterAll(async () => {
    await home[Symbol.asyncDispose]();
    for (const version of Object.values(versions ?? {})) version.remove();
  });

  const digest = () =>
    tableDigests(async (sql) =>
      (await stackRows(baseDir, tenant, sql)).flatMap((row) => Object.values(row).map(String)),
    );
  const next = (kind: NextVersionKind = 'good') => home.using(versions[kind].main);
  const args = (command: 'update' | 'rollback'): string[] => {
    const more = command === 'update' ? ['--accept-breaking', ...anyRoom] : ['--yes'];
    return ['server', command, '--tenant', tenant, ...more, '--json=stream'];
  };

  it('a dry run tells everything and leaves no trace; breaking changes are not passed without a word', async () => {
    const steps = readJournal(layout.journalFile).length;
    const run = await next().sfp('server', 'update', '--tenant', tenant, '--dry-run', ...anyRoom, '--json');
    expect(reviewSchema.parse(ok(run).json())).toMatchObject({
      from: old,
      to: nextPlatformVersion,
      changes: true,
      breaking: [expect.stringContaining('_next.sql')],
      migrations: [{ file: expect.stringContaining('_next.sql'), breaking: true }],
    });
    expect(readJournal(layout.journalFile)).toHaveLength(steps);
    const refused = await next().sfp('server', 'update', '--tenant', tenant, '--no-input', ...anyRoom);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('breaking_changes') });
    expect(refused.stderr).toContain('--accept-breaking');
    const started = await next().sfp('server', 'start', '--tenant', tenant);
    expect(ok(started).stderr).toContain('`sfp server update');
    expect(ok(await home.sfp('server', 'update', '--tenant', tenant, ...anyRoom)).stdout).toContain(
      'nothing to update',
    );
  });

  it.each(updateFaults)('$name: ends on the $end version', { timeout: 300_000 }, (fault) =>
    proveFault(fault, {
      layout,
      old,
      start: (command, kind, noRoomIn) =>
        noRoomIn === null
          ? next(kind).start(...args(command))
          : next(kind).startWithoutRoom(noRoomIn, ...args(command)),
      tryStart: () => home.sfp('server', 'start', '--tenant', tenant),
      status: async () => (await stack.status()).status,
      digests: digest,
    }),
  );

  it('a rollback brings the data of before the update back, and saves what was written since', async () => {
    const asBefore = await digest();
    ok(await home.sfp('project', 'create', 'later', '--repository', 'https://example.com/later.git'));
    const targets = ok(await home.sfp('server', 'rollback', '--tenant', tenant, '--list', '--json')).json();
    expect(targets).toMatchObject([{ version: old, next: true, backupThere: true }]);
    const asked = await home.sfp('server', 'rollback', '--tenant', tenant);
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    const run = ok(await next().sfp('server', 'rollback', '--tenant', tenant, '--yes', '--json'));
    const { from, to, saved } = rollbackSchema.parse(run.json());
    expect([from, to]).toEqual([nextPlatformVersion, old]);
    expect(existsSync(join(saved, 'manifest.json'))).toBe(true);
    expect(acrossVersions(await digest())).toEqual(acrossVersions(asBefore));
    expect((await stack.status()).status).toBe('running');
  });

  it('settings that the stack does not come up with are put back, and kept beside', async () => {
    const settings = readFileSync(layout.serverFile, 'utf8');
    const before = await digest();
    ok(await home.sfp('server', 'config', 'set', 'roles.rest={"program":"/bin/false"}', '--tenant', tenant));
    const update = await home.sfp('server', 'update', '--tenant', tenant, ...anyRoom);
    expect(update).toMatchObject({ code: 1, stderr: expect.stringContaining('update_rolled_back') });
    expect(update.stderr).toContain('server.refused.json');
    expect(readFileSync(layout.serverFile, 'utf8')).toBe(settings);
    expect((await stack.status()).status).toBe('running');
    expect(await digest()).toEqual(before);
  });

  it('a stopped stack is updated and rolled back, and stays stopped; backups of earlier updates go', async () => {
    const before = await digest();
    ok(await home.sfp('server', 'stop', '--tenant', tenant));
    const update = ['update', '--tenant', tenant, '--accept-breaking', '--keep-backups', '1', ...anyRoom, '--json'];
    const result = stoppedSchema.parse(ok(await next().sfp('server', ...update)).json());
    expect(result).toMatchObject({ to: nextPlatformVersion, downtimeMs: null, running: false });
    expect((await stack.status()).status).toBe('stopped');
    const backups = readdirSync(join(layout.dir, 'backups')).filter((name) => name.includes('-before-update'));
    expect(backups).toEqual([basename(result.backup)]);
    ok(await home.sfp('server', 'rollback', '--tenant', tenant, '--yes'));
    expect((await stack.status()).status).toBe('stopped');
    ok(await home.sfp('server', 'start', '--tenant', tenant));
    expect(await digest()).toEqual(before);
  });

  it('an update whose terminal is lost goes on; so does a task in flight, and clients are refused with Retry-After', async () => {
    stack.repository.commit('gated', { 'sfp.yaml': gatedProject });
    const running = stack.deploy();
    await running.line('the gate', isStage('deploy', 'running'));
    const { url } = await stack.status();
    const update = next().start(...args('update'));
    await update.line('the line', ({ name }) => name === 'Drain the workers');
    update.child.stderr?.destroy();
    update.child.kill('SIGHUP');
    const refusals: { code: string; retryAfter: number }[] = [];
    const ended = update.exit.then(() => true);
    while (!(await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 100, false))]))) {
      const refusal = await refusalAt(url);
      if (refusal !== null) refusals.push(refusal);
    }
    expect(await update.exit, update.stderr).toBe(0);
    const result = updateSchema.parse(update.lines.findLast(({ type }) => type === 'result')?.data);
    expect(result).toMatchObject({ outcome: 'updated', from: old, to: nextPlatformVersion });
    expect(result.evidence.map(({ name }) => name)).toEqual(['schema', 'vault', 'token', 'realtime', 'task']);
    expect(result.downtimeMs).toBeGreaterThan(0);
    const maintenance = refusals.filter(({ code }) => code === 'maintenance');
    expect(maintenance.length).toBeGreaterThan(0);
    expect(maintenance.filter(({ retryAfter }) => !(retryAfter > 0))).toEqual([]);
    gated.open();
    expect(await running.exit, running.stderr).toBe(0);
  });
});

/** How a request is refused now; null when it is not, or when nobody listens at this moment. */
async function refusalAt(url: string): Promise<{ code: string; retryAfter: number } | null> {
  const answer = await fetch(`${url}/api/v1/projects`).catch(() => null);
  if (answer?.status !== 503) return null;
  const { code } = z.looseObject({ code: z.string().default('') }).parse(await answer.json());
  return { code, retryAfter: Number(answer.headers.get('retry-after')) };
}
