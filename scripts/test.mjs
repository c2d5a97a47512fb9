// `npm test`: every test project but Docker's in one run, closing with the totals on one plain line.
// Arguments are handed to vitest: `npm test -- workers` runs the tests of one room.
import { testRun } from './test-run.mjs';

testRun(process.argv.slice(2));
