// Compiles the rooms to dist/ and copies what is not TypeScript (SQL) beside the output, so that
// `new URL('./x.sql', import.meta.url)` means the same file in the checkout and in the package.
// It is made beside and put in place at the end: a build that fails leaves the one before.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundlePrograms } from './bundle.mjs';

const root = new URL('..', import.meta.url).pathname;
const rooms = [
  'cli',
  'client',
  'contracts',
  'artifacts',
  'server',
  'workers',
  'migrations',
  'stack',
  'compose',
  'embedded',
];
const assets = /\.(sql|json|yaml|html)$/;

const dist = join(root, 'dist');
const fresh = join(root, 'dist.new');
const old = join(root, 'dist.old');
rmSync(fresh, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json'), '--outDir', fresh],
  { stdio: 'inherit' },
);
for (const room of rooms) {
  const source = join(root, room);
  cpSync(source, join(fresh, room), {
    recursive: true,
    filter: (path) => path === source || assets.test(path) || !/\.[^/]+$/.test(path),
  });
}
await bundlePrograms(fresh);
const main = join(fresh, 'cli/main.js');
if (existsSync(main)) chmodSync(main, 0o755);

rmSync(old, { recursive: true, force: true });
if (existsSync(dist)) renameSync(dist, old);
renameSync(fresh, dist);
rmSync(old, { recursive: true, force: true });
