// `npm run test:docker`: production mode on a container engine, closing with the totals on one plain line.
// Arguments are handed to vitest: `npm run test:docker -- -t 'two tenants'`.
import { testRun } from './test-run.mjs';

testRun(['--project', 'docker', ...process.argv.slice(2)], { SFP_TEST_DOCKER: '1' });
