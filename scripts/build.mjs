// Compiles the rooms to dist/ and copies what is not TypeScript (SQL) beside the output, so that
// `new URL('./x.sql', import.meta.url)` means the same file in the checkout and in the package.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundlePrograms } from './bundle.mjs';

const root = new URL('..', import.meta.url).pathname;
const rooms = ['cli', 'client', 'contracts', 'server', 'workers', 'migrations', 'stack', 'compose', 'embedded'];
const assets = /\.(sql|json|yaml|html)$/;

rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json')],
  {
    stdio: 'inherit',
  },
);
for (const room of rooms) {
  const source = join(root, room);
  cpSync(source, join(root, 'dist', room), {
    recursive: true,
    filter: (path) => path === source || assets.test(path) || !/\.[^/]+$/.test(path),
  });
}
await bundlePrograms(join(root, 'dist'));
const main = join(root, 'dist/cli/main.js');
if (existsSync(main)) chmodSync(main, 0o755);
