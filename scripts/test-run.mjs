// One run of vitest that closes with the totals on one plain line.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;

/** Arguments are vitest's, variables are added to the environment. Sets the exit code. */
export function testRun(args, variables = {}) {
  const scratch = mkdtempSync(join(tmpdir(), 'sfp-test-report-'));
  const report = join(scratch, 'report.json');
  try {
    const run = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules/vitest/vitest.mjs'),
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...args,
      ],
      { cwd: root, stdio: 'inherit', env: { ...process.env, ...variables } },
    );
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, success } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    const isGood = success && run.status === 0;
    // A preparation that failed leaves its tests as skipped; the run has failed all the same.
    const failed = isGood ? numFailedTests : Math.max(numFailedTests, 1);
    console.log(`${numPassedTests} passed, ${failed} failed, ${numPendingTests + numTodoTests} skipped`);
    process.exitCode = isGood ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
