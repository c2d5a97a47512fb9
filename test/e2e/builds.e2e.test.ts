import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Build, BuildArtifact } from '../../contracts/build.ts';
import type { Deployment } from '../../contracts/deployment.ts';
import { waitFor } from '../support/wait.ts';
import { outputOf, resultOf } from './support/feed.ts';
import { Home } from './support/home.ts';
import { E2eStack, ok } from './support/stack.ts';

interface Ended {
  outcome: string;
  deployment: Deployment;
}
type Kept = Build & { artifacts: BuildArtifact[] };

const projectFile = `version: 1
build:
  - name: make
    run: |
      echo built >> "$COUNTER"
      mkdir -p dist/deep bin
      printf 'site of %s' "$SFP_COMMIT" > dist/site.txt
      printf deep > dist/deep/leaf.txt
      printf '#!/bin/sh\\necho ran\\n' > bin/run && chmod 0755 bin/run
      ln -s site.txt dist/latest.txt
      printf mended > tracked.txt
validate:
  - name: check
    run: test -s dist/site.txt
deploy:
  - name: out
    run: |
      mkdir -p "$TARGET"
      cp -RP . "$TARGET"
      bin/run
      printf '%s %s %s' "$SFP_ENVIRONMENT" "$SFP_COMMIT" "$SFP_REF" > "$TARGET/deployed.txt"
artifacts: [dist, bin/run, tracked.txt]
`;

describe('builds', () => {
  const home = new Home();
  let stack: E2eStack;
  const counter = home.path('counter');
  const place = (name: string): string => home.path('places', name);
  const context = (): string[] => ['--context', stack.tenant, '--json'];
  const sfp = async (...args: string[]) => ok(await home.sfp(...args, ...context()));
  const built = (): number => (existsSync(counter) ? readFileSync(counter, 'utf8').trim().split('\n').length : 0);
  const store = (): string => home.path('base', 'tenants', stack.tenant, 'data', 'artifacts');
  const blob = (digest: string): string => join(store(), 'sha256', digest.slice(0, 2), digest);
  const builds = async (): Promise<Build[]> => (await sfp('build', 'list', '--project', 'app')).json() as Build[];
  const kept = async (number: number): Promise<Kept> =>
    (await sfp('build', 'get', String(number), '--project', 'app')).json() as Kept;
  async function build(...more: string[]): Promise<Build> {
    const before = new Set((await builds()).map(({ id }) => id));
    const run = home.start('build', '--project', 'app', '--json=stream', '--context', stack.tenant, ...more);
    expect(await run.exit, `${run.stderr}${outputOf(run.events).join('\n')}`).toBe(0);
    const [made] = (await builds()).filter(({ id }) => !before.has(id));
    if (made === undefined) throw new Error('no build was made');
    return made;
  }
  async function withoutRepository<Result>(work: () => Promise<Result>): Promise<Result> {
    const aside = `${stack.repository.directory}.aside`;
    renameSync(stack.repository.directory, aside);
    try {
      return await work();
    } finally {
      renameSync(aside, stack.repository.directory);
    }
  }
  const deployBuild = (environment: string, number: number) => stack.deploy(environment, '--build', String(number));

  beforeAll(async () => {
    stack = await E2eStack.create(home, 'builder', projectFile, { TARGET: place('dev'), COUNTER: counter });
    await stack.addEnvironment('staging', { TARGET: place('staging') });
    await stack.addEnvironment('live', { TARGET: place('live') });
    // A build has no environment, so what its steps need the project file says itself.
    stack.repository.commit('files', {
      'sfp.yaml': projectFile.replace('version: 1\n', `version: 1\nenv:\n  COUNTER: ${counter}\n`),
      'tracked.txt': 'as committed',
      '.gitattributes': 'secret.txt export-ignore\n',
      'secret.txt': 'not exported, but checked out',
    });
    symlinkSync('tracked.txt', join(stack.repository.directory, 'link.txt'));
    writeFileSync(join(stack.repository.directory, 'tool.sh'), '#!/bin/sh\n');
    chmodSync(join(stack.repository.directory, 'tool.sh'), 0o755);
    stack.repository.commit('a link and a tool', {});
  });
  afterAll(() => home[Symbol.asyncDispose]());

  it('are deployed to several environments without the repository, and without being built again', async () => {
    const made = await build();
    expect(made).toMatchObject({ status: 'succeeded', complete: true, ref: 'main', deploymentId: null });
    const commit = stack.repository.git('rev-parse', 'HEAD').trim();
    expect(made.commitSha).toBe(commit);
    const { artifacts } = await kept(made.number);
    expect(artifacts.map(({ kind, path, executable }) => [kind, path, executable])).toEqual([
      ['file', 'bin/run', true],
      ['file', 'dist/deep/leaf.txt', false],
      ['link', 'dist/latest.txt', false],
      ['file', 'dist/site.txt', false],
      ['source', 'source/', false],
      ['file', 'tracked.txt', false],
    ]);
    const before = built();
    await withoutRepository(async () => {
      for (const environment of ['staging', 'live']) {
        const run = deployBuild(environment, made.number);
        expect(await run.exit, `${run.stderr}${outputOf(run.events).join('\n')}`).toBe(0);
        const { deployment } = resultOf<Ended>(run);
        expect(deployment).toMatchObject({
          origin: 'build',
          buildId: made.id,
          commitSha: commit,
          stages: { checkout: 'succeeded', build: 'skipped', validate: 'skipped', deploy: 'succeeded' },
        });
        const at = (name: string): string => readFileSync(join(place(environment), name), 'utf8');
        expect(at('deployed.txt')).toBe(`${environment} ${commit} main`);
        expect(at('dist/site.txt')).toBe(`site of ${commit}`);
        expect(at('dist/latest.txt')).toBe(`site of ${commit}`);
        expect(at('tracked.txt')).toBe('mended');
        expect(at('link.txt')).toBe('mended');
        expect(at('secret.txt')).toBe('not exported, but checked out');
        expect(outputOf(run.events)).toContain('ran');
      }
    });
    expect(built()).toBe(before);
  });

  it('have the files of a checkout, with the same modes', async () => {
    // Of a ref, then of the build that this deployment made on its way.
    const run = stack.deploy('dev');
    expect(await run.exit, run.stderr).toBe(0);
    const { deployment } = resultOf<Ended>(run);
    const made = (await builds()).find(({ id }) => id === deployment.buildId);
    expect(made).toMatchObject({ status: 'succeeded', complete: true, deploymentId: deployment.id });
    const again = deployBuild('live', made?.number ?? 0);
    expect(await again.exit, again.stderr).toBe(0);
    const modes = (name: string): string[] =>
      readdirSync(place(name), { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.parentPath.includes('.git') && entry.name !== '.git' && entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((path) => `${path.slice(place(name).length)} ${modeOf(path)} ${digestOf(path)}`)
        .filter((line) => !line.startsWith('/deployed.txt'))
        .sort();
    expect(modes('live')).toEqual(modes('dev'));
    expect(modes('live').some((line) => line.startsWith('/tool.sh 755 '))).toBe(true);
  });

  it('without artifacts are refused where they would miss what was built', async () => {
    const whole = readFileSync(join(stack.repository.directory, 'sfp.yaml'), 'utf8');
    stack.repository.commit('no artifacts', { 'sfp.yaml': whole.replace(/^artifacts:.*$/m, '') });
    const made = await build();
    expect(made).toMatchObject({ status: 'succeeded', complete: false });
    const run = deployBuild('staging', made.number);
    expect(await run.exit).toBe(1);
    expect(run.stderr).toContain('build_without_artifacts');
    expect(run.stderr).toContain('artifacts:');
    stack.repository.commit('with artifacts', { 'sfp.yaml': whole });
  });

  it('are refused when a file of theirs is damaged or gone; building again mends the store', async () => {
    const made = await build();
    const site = (await kept(made.number)).artifacts.find(({ path }) => path === 'dist/site.txt');
    if (site === undefined) throw new Error('no site');
    rmSync(place('staging'), { recursive: true, force: true });
    const whole = readFileSync(blob(site.digest));
    const damaged = Buffer.from(whole);
    damaged.writeUInt8((damaged.at(3) ?? 0) ^ 1, 3);
    for (const [content, code] of [
      [damaged, 'artifact_damaged'],
      [null, 'artifact_missing'],
    ] as const) {
      rmSync(blob(site.digest));
      if (content !== null) writeFileSync(blob(site.digest), content, { mode: 0o600 });
      const run = deployBuild('staging', made.number);
      expect(await run.exit).toBe(1);
      const { deployment } = resultOf<Ended>(run);
      expect(deployment).toMatchObject({ status: 'failed', failure: { code }, stages: { deploy: 'skipped' } });
      expect(deployment.failure?.detail).toContain(site.digest);
      expect(existsSync(place('staging'))).toBe(false);
      const download = await home.sfp(
        ...['build', 'download', made.id, 'dist/site.txt', '--to', home.path('download')],
        ...context(),
      );
      expect(download.code, download.stdout).toBe(1);
      expect(download.stderr).toContain(code);
      expect(
        readdirSync(home.path('download'), { recursive: true }).filter((name) => String(name).includes('site')),
      ).toEqual([]);
    }
    writeFileSync(blob(site.digest), damaged, { mode: 0o600 });
    await build();
    expect(readFileSync(blob(site.digest))).toEqual(whole);
    const run = deployBuild('staging', made.number);
    expect(await run.exit, run.stderr).toBe(0);
    await sfp('build', 'download', String(made.number), '--project', 'app', '--to', home.path('download'));
    expect(readFileSync(home.path('download', 'dist', 'site.txt'))).toEqual(whole);
  });

  it('are stored whole when the worker is killed in the middle of it', { timeout: 180_000 }, async () => {
    const whole = readFileSync(join(stack.repository.directory, 'sfp.yaml'), 'utf8');
    const many = whole
      .replace(
        'printf deep',
        'for n in $(seq 1 400); do head -c 20000 /dev/urandom > dist/deep/$n.bin; done; printf deep',
      )
      .replace('version: 1\n', 'version: 1\n# many files\n');
    stack.repository.commit('many files', { 'sfp.yaml': many });
    const files = (): string[] =>
      existsSync(store())
        ? readdirSync(store(), { recursive: true, withFileTypes: true }).flatMap((entry) =>
            entry.isFile() ? [entry.name] : [],
          )
        : [];
    const before = files().length;
    const run = home.start('build', '--project', 'app', '--json=stream', '--context', stack.tenant);
    const worker = await stack.pidOf('worker-standard');
    await waitFor(() => files().length > before + 20, {
      timeoutMs: 60_000,
      everyMs: 5,
      what: 'some files in the store',
    });
    process.kill(worker, 'SIGKILL');
    const left = files().length - before;
    expect(left).toBeLessThan(403);
    expect(await run.exit, `${run.stderr}${outputOf(run.events).join('\n')}`).toBe(0);
    const [made] = await builds();
    expect(made).toMatchObject({ status: 'succeeded' });
    const { artifacts } = await kept(made?.number ?? 0);
    expect(artifacts).toHaveLength(406);
    for (const { digest } of artifacts) expect(digestOf(blob(digest))).toBe(digest);
    stack.repository.commit('few files', { 'sfp.yaml': whole });
  });

  it('come back with a backup, and are deployed then', { timeout: 300_000 }, async () => {
    const made = await build();
    mkdirSync(home.path('backups'));
    const backup = ok(
      await home.sfp('server', 'backup', '--tenant', stack.tenant, '--output', home.path('backups'), '--json'),
    );
    const { path } = backup.json() as { path: string };
    ok(await home.sfp('server', 'destroy', '--tenant', stack.tenant, '--yes'));
    expect(existsSync(store())).toBe(false);
    rmSync(place('live'), { recursive: true, force: true });
    ok(await home.sfp('server', 'restore', '--tenant', stack.tenant, '--from', path, '--yes', '--json'));
    await stack.healthy();
    await withoutRepository(async () => {
      const run = deployBuild('live', made.number);
      expect(await run.exit, `${run.stderr}${outputOf(run.events).join('\n')}`).toBe(0);
    });
    expect(readFileSync(join(place('live'), 'dist/site.txt'), 'utf8')).toBe(`site of ${made.commitSha}`);
  });
});

const digestOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
