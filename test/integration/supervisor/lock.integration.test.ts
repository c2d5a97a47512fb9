import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockHolder, lockStack, tryLock } from '../../../stack/lock.ts';
import { identify } from '../../../stack/process-identity.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sfp-lock-'));
  path = join(dir, 'x.lock');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('is held once, names its holder, and is free again after release', () => {
  const lock = lockStack(path, 'acme', 'sfp server start');
  expect(() => lockStack(path, 'acme', 'sfp server stop')).toThrow(/`sfp server start` runs since .* \(process \d+\)/);
  expect(lockHolder(path)).toMatchObject({ pid: process.pid });
  lock.release();
  expect(lockHolder(path)).toBeNull();
  expect(readdirSync(dir)).toEqual([]);
});

it('of a dead process, of another process with its pid, and of nobody is taken over', () => {
  const self = identify(process.pid);
  const dead = { pid: 2 ** 22 + 1, startedAt: 'x' };
  const reused = { pid: process.pid, startedAt: `${self?.startedAt}0` };
  for (const content of [
    JSON.stringify({ ...dead, command: 'c', since: 's' }),
    JSON.stringify({ ...reused, command: 'c', since: 's' }),
    '{"pid"',
  ]) {
    writeFileSync(path, content);
    expect(lockHolder(path)).toBeNull();
    lockStack(path, 'acme', 'test').release();
  }
  expect(readdirSync(dir)).toEqual([]);
});

it('is taken by exactly one of many processes that find a dead one', async () => {
  writeFileSync(path, JSON.stringify({ pid: 2 ** 22 + 1, startedAt: 'x', command: 'c', since: 's' }));
  const module = fileURLToPath(new URL('../../../stack/lock.ts', import.meta.url));
  const script = `import { tryLock } from ${JSON.stringify(module)};
    process.stdout.write('lock' in tryLock(${JSON.stringify(path)}, 'race') ? 'won' : 'lost');
    process.stdin.on('data', () => process.exit()).resume();`;
  const children = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  const results = await Promise.all(children.map(async (child) => String((await once(child.stdout, 'data'))[0])));
  expect(results.toSorted()).toEqual(['lost', 'lost', 'lost', 'lost', 'lost', 'won']);
  for (const child of children) {
    const exited = once(child, 'exit');
    child.stdin.write('x');
    await exited;
  }
  expect('lock' in tryLock(path, 'after')).toBe(true);
});
