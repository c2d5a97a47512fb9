import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
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
