import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const file = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** Runs with a standard output that is always full. */
function withoutSpace(args: readonly string[]): { status: number | null; stderr: string } {
  const full = openSync('/dev/full', 'w');
  try {
    return spawnSync(process.execPath, args, {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
      env: {},
      timeout: 20_000,
    });
  } finally {
    closeSync(full);
  }
}

const entries = [
  'server/main.ts',
  'workers/main.ts',
  'migrations/main.ts',
  'embedded/auth/main.ts',
  'embedded/gateway/main.ts',
  'embedded/hatchet/main.ts',
  'embedded/net/main.ts',
];

it.runIf(process.platform === 'linux').each(entries)('%s goes on when its log cannot be written', (entry) => {
  // An empty environment is complained about in the log, and then named by the exit code.
  const { status, stderr } = withoutSpace([file(entry)]);
  expect(status, stderr).toBe(78);
});

it.runIf(process.platform === 'linux')('a log without space loses lines, not the process', () => {
  const { status, stderr } = withoutSpace([
    '--input-type=module',
    '--eval',
    `import { processLog } from '${file('contracts/process-log.ts')}';
     const log = processLog({ name: 'full' });
     for (let line = 0; line < 20_000; line += 1) log.info({ line }, 'a line that finds no space');
     console.error(process.memoryUsage().rss < 200e6 ? 'alive' : 'grew');`,
  ]);
  expect(stderr).toBe('alive\n');
  expect(status).toBe(0);
});

// Runs where the stack's directory is a file system of 128 kB. Answers what the supervisor and a lifecycle command say when it is
// full, after a service was killed there, and when there is space again.
const onFullDisk = `
  import { spawn } from 'node:child_process';
  import { mkdirSync, rmSync, writeFileSync, openSync, writeSync, closeSync } from 'node:fs';
  import { setTimeout as delay } from 'node:timers/promises';
  const { askStatus } = await import('${file('embedded/supervisor/control-client.ts')}');
  const { lockStack } = await import('${file('stack/lock.ts')}');
  const dir = process.argv[1];
  mkdirSync(dir + '/run'); mkdirSync(dir + '/logs');
  const services = [1, 2].map((n) => ({
    name: 'one' + n, run: { kind: 'process', program: process.execPath, args: ['${file('test/integration/supervisor/stand-in.ts')}'], env: { PORT: '0' } },
    probe: { kind: 'alive' }, needs: [], stopTimeoutMs: 2000, startTimeoutMs: 10000 }));
  writeFileSync(dir + '/services.json', JSON.stringify(services));
  const supervisor = spawn(process.execPath, ['${file('test/integration/supervisor/stand-in-supervisor.ts')}', dir, dir + '/services.json'], { stdio: 'ignore' });
  let ended = false;
  supervisor.once('exit', () => { ended = true; });
  const until = async (condition) => {
    for (let tries = 0; tries < 300 && !ended; tries += 1) {
      const status = await askStatus(dir + '/run/control.sock').catch(() => null);
      if (status !== null && condition(status)) return status;
      await delay(50);
    }
    return null;
  };
  const before = await until(({ phase }) => phase === 'running');
  const filler = openSync(dir + '/filler', 'w');
  try { for (;;) writeSync(filler, Buffer.alloc(4096)); } catch {}
  closeSync(filler);
  process.kill(before.services[0].pid, 'SIGKILL');
  const full = await until(({ problem, services: [first] }) => problem !== undefined && first.restarts > 0 && first.status === 'running');
  let refused;
  try { lockStack(dir + '/.lock', 'full', 'test').release(); } catch (error) { refused = error; }
  rmSync(dir + '/filler');
  const after = await until(({ problem }) => problem === undefined);
  if (!ended) { supervisor.kill('SIGTERM'); await new Promise((resolve) => supervisor.once('exit', resolve)); }
  console.log(JSON.stringify({ problem: full?.problem.code, refused: refused?.code, suggestion: refused?.suggestion, after: after?.phase }));
`;

it.runIf(process.platform === 'linux')('a full disk is a problem that the supervisor tells and outlives', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sfp-full-stack-'));
  try {
    const mount = 'mount -t tmpfs -o size=128k none "$1" && cd / && exec "$2" --input-type=module --eval "$3" "$1"';
    const { stdout, stderr } = spawnSync(
      'unshare',
      ['--user', '--map-root-user', '--mount', 'sh', '-c', mount, 'sh', dir, process.execPath, onFullDisk],
      { encoding: 'utf8', timeout: 60_000 },
    );
    expect(JSON.parse(stdout || 'null'), stderr).toEqual({
      problem: 'disk_full',
      refused: 'disk_full',
      suggestion: expect.stringContaining('Free space on the file system of'),
      after: 'running',
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
