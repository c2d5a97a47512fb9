import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensurePlatformImage } from '../../compose/build-platform.ts';
import type { StackReport } from '../../stack/lifecycle/status.ts';
import { tableDigests } from '../support/table-digest.ts';
import { waitFor } from '../support/wait.ts';
import { SecondEngine } from './engine/second-engine.ts';
import { databaseLines } from './support/database-lines.ts';
import { DockerHome } from './support/docker-home.ts';
import { officialTag, platformVersion } from './support/stack-images.ts';

const tenant = `dke${process.pid}`;
const images = ['db', 'auth', 'rest', 'realtime', 'kong', 'hatchet', 'platform'] as const;

// On an engine of its own: one that others use is not restarted for a test.
describe('a stack whose engine is restarted', () => {
  let engine: SecondEngine | undefined;
  let home: DockerHome | undefined;

  const stack = (): DockerHome => {
    if (home === undefined) throw new Error('there is no stack');
    return home;
  };
  const status = async (): Promise<string> => {
    const { stdout } = await stack().sfp('server', 'status', '--tenant', tenant, '--json');
    return (JSON.parse(stdout) as StackReport).status;
  };
  const query = (sql: string): Promise<string[]> => databaseLines(tenant, sql, engine?.env);
  const projects = async (): Promise<string> =>
    JSON.stringify(await stack().json('project', 'list', '--context', tenant));

  beforeAll(async () => {
    const signal = new AbortController().signal;
    await ensurePlatformImage(officialTag('platform'), platformVersion, { signal, report: () => undefined });
    engine = await SecondEngine.create();
    await engine.copyImages(images.map(officialTag));
    home = new DockerHome({ inside: engine.inside, env: engine.env });
    await home.init(tenant);
    await home.json('project', 'create', 'app', '--repository', 'https://git.example/app.git', '--context', tenant);
  });
  afterAll(async () => {
    await home?.close();
    await engine?.close();
  });

  it('runs again when the engine does, and takes a start as what it is', async () => {
    await engine?.restart();
    await waitFor(async () => (await status()) === 'running', {
      timeoutMs: 180_000,
      what: 'the stack to run again',
      everyMs: 500,
    });
    const start = await stack().sfp('server', 'start', '--tenant', tenant);
    expect(start.code, start.stderr).toBe(0);
    expect(await projects()).toContain('"app"');
  });

  it('stays stopped when it was, and starts with what it had', async () => {
    expect((await stack().sfp('server', 'stop', '--tenant', tenant)).code).toBe(0);
    await engine?.restart();
    expect(await status()).toBe('stopped');
    const start = await stack().sfp('server', 'start', '--tenant', tenant);
    expect(start.code, start.stderr).toBe(0);
    expect(await status()).toBe('running');
    expect(await projects()).toContain('"app"');
  });

  it('goes back when it is stopped in the middle of an update, as soon as it runs again', async () => {
    const settings = readFileSync(stack().layout(tenant).serverFile, 'utf8');
    const before = await tableDigests(query);
    const set = await stack().sfp('server', 'config', 'set', 'pools.standard.slots=3', '--tenant', tenant);
    expect(set.code, set.stderr).toBe(0);
    // What an update starts is on the stack's own networks.
    await engine?.removeDefaultBridge();
    const options = ['--tenant', tenant, '--skip-check', 'update-room', '--json=stream'];
    const update = stack().start('server', 'update', ...options);
    await update.line('the start', ({ name }) => name === 'Start the new version');
    await engine?.stop();
    expect(await update.exit).toBe(1);
    expect(update.stderr).toContain('rollback_failed');
    await engine?.start();
    const refused = await stack().sfp('server', 'start', '--tenant', tenant);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('update_unfinished') });
    const rollback = await stack().sfp('server', 'rollback', '--tenant', tenant, '--yes');
    expect(rollback.code, rollback.stderr).toBe(0);
    expect(await status()).toBe('running');
    expect(readFileSync(stack().layout(tenant).serverFile, 'utf8')).toBe(settings);
    expect(await tableDigests(query)).toEqual(before);
  });
});
