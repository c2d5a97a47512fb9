import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readState } from '../../stack/state.ts';
import { type RunningCli, startCli } from '../e2e/support/cli.ts';
import { withoutRoom } from '../e2e/support/full-place.ts';
import { NextVersion, type NextVersionKind, nextPlatformVersion } from '../support/next-version.ts';
import { acrossVersions, tableDigests } from '../support/table-digest.ts';
import { proveFault, type UpdateFault, updateFaults } from '../support/update-faults.ts';
import { databaseLines } from './support/database-lines.ts';
import { docker } from './support/docker.ts';
import { DockerHome } from './support/docker-home.ts';

const tenant = `dku${process.pid}`;
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const update = ['update', '--accept-breaking', '--skip-check', 'update-room'];

/** What only containers can have. Before the rows of both runtimes, of which the last one ends on the new version. */
const imageFaults: readonly (UpdateFault & { image: string })[] = [
  {
    name: 'an image that cannot be pulled',
    version: 'good',
    image: 'localhost:1/nobody/has:this',
    end: 'old',
    exit: 1,
    code: 'image_unavailable',
  },
  {
    name: 'an image whose service never gets healthy',
    version: 'good',
    // It is there, and has no PostgREST.
    image: 'node:24-bookworm-slim',
    end: 'old',
    exit: 1,
    code: 'update_rolled_back',
  },
];

describe('update of a stack of containers', () => {
  const home = new DockerHome();
  const layout = home.layout(tenant);
  let versions: Record<NextVersionKind, NextVersion>;
  let old: string;

  beforeAll(async () => {
    versions = {
      // Its migration is marked as breaking, so that a rollback has to bring the data back.
      good: NextVersion.make('good', { breaking: true }),
      'failing-migration': NextVersion.make('failing-migration'),
      unproven: NextVersion.make('unproven'),
    };
    await home.init(tenant);
    await home.json('project', 'create', 'app', '--repository', 'https://example.com/app.git', '--context', tenant);
    old = readState(layout)?.platformVersion ?? '';
  });
  afterAll(async () => {
    await home.close();
    for (const version of Object.values(versions ?? {})) version.remove();
    await docker(['image', 'rm', '--force', `sfp/platform:${nextPlatformVersion}`]);
  });

  const start = (program: string, args: readonly string[], within: readonly string[] = []): RunningCli =>
    startCli(['server', ...args, '--tenant', tenant, '--json=stream'], home.env, program, within);
  const query = (sql: string): Promise<string[]> => databaseLines(tenant, sql);
  const status = async (): Promise<string> =>
    JSON.parse((await home.sfp('server', 'status', '--tenant', tenant, '--json')).stdout).status;

  const run = (fault: UpdateFault): Promise<void> =>
    proveFault(fault, {
      layout,
      old,
      start: (command, kind, noRoomIn) =>
        start(
          versions[kind].main,
          command === 'update' ? update : ['rollback', '--yes'],
          noRoomIn === null ? [] : withoutRoom(noRoomIn),
        ),
      tryStart: () => home.sfp('server', 'start', '--tenant', tenant),
      status,
      digests: () => tableDigests(query),
    });

  it.each(imageFaults)('$name: ends on the $end version', { timeout: 600_000 }, async (fault) => {
    const settings = readFileSync(layout.serverFile, 'utf8');
    const { images = {}, ...others } = JSON.parse(settings);
    writeFileSync(layout.serverFile, JSON.stringify({ ...others, images: { ...images, rest: fault.image } }));
    try {
      await run(fault);
      // Before the line nothing was touched, not the change either; after it the settings are those that were proven.
      const kept = fault.code === 'update_rolled_back' ? 'server.refused.json' : 'server.json';
      expect(readFileSync(join(layout.dir, kept), 'utf8')).toContain(fault.image);
      if (kept !== 'server.json')
        expect(JSON.parse(readFileSync(layout.serverFile, 'utf8'))).toEqual(JSON.parse(settings));
    } finally {
      writeFileSync(layout.serverFile, settings);
    }
  });

  it.each(updateFaults)('$name: ends on the $end version', { timeout: 900_000 }, (fault) => run(fault));

  it('a rollback brings the data of before the update back', { timeout: 300_000 }, async () => {
    const before = await tableDigests(query);
    await home.json('project', 'create', 'later', '--repository', 'https://example.com/l.git', '--context', tenant);
    const rollback = start(main, ['rollback', '--yes']);
    expect(await rollback.exit, rollback.stderr).toBe(0);
    expect(readState(layout)?.platformVersion).toBe(old);
    expect(acrossVersions(await tableDigests(query))).toEqual(acrossVersions(before));
    expect(await status()).toBe('running');
  });

  it('a stopped stack is updated, and stays stopped', { timeout: 300_000 }, async () => {
    expect(await start(main, ['stop']).exit).toBe(0);
    const run = start(versions.good.main, update);
    expect(await run.exit, run.stderr).toBe(0);
    expect(readState(layout)?.platformVersion).toBe(nextPlatformVersion);
    expect(await status()).toBe('stopped');
  });
});
