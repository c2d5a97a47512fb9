import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { SfpError } from '../contracts/error.ts';
import { withSpace } from './disk-full.ts';
import { identify, isAlive, processIdentitySchema } from './process-identity.ts';

const lockSchema = processIdentitySchema.extend({ command: z.string(), since: z.string() });
export type LockHolder = z.infer<typeof lockSchema>;

export interface Lock {
  release(): void;
}

/**
 * Takes a lock file for this process, or says who has it. The file is made elsewhere and linked into place, so that it is
 * never seen half written. The lock of a process that is gone is moved aside and taken.
 */
export function tryLock(path: string, command: string): { lock: Lock } | { holder: LockHolder } {
  const self = identify(process.pid);
  if (self === null) throw new Error('cannot tell when this process started');
  const mine = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const content = JSON.stringify({ ...self, command, since: new Date().toISOString() } satisfies LockHolder);
  try {
    withSpace(mine, () => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(mine, content, { mode: 0o644 });
    });
    for (;;) {
      if (link(mine, path)) return { lock: { release: () => releaseOwn(path, content) } };
      const text = readText(path);
      if (text === null) continue;
      const holder = parseHolder(text);
      if (holder !== null && isAlive(holder)) return { holder };
      moveStaleAside(path, text);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** The lock, or an SfpError that names the command that has it. */
export function lockStack(path: string, tenant: string, command: string): Lock {
  const result = tryLock(path, command);
  if ('lock' in result) return result.lock;
  const { holder } = result;
  throw new SfpError({
    code: 'stack_locked',
    message: `Stack "${tenant}" is busy: \`${holder.command}\` runs since ${holder.since} (process ${holder.pid}).`,
    suggestion: 'Wait until it has ended and try again.',
  });
}

/** Who has the lock, if anybody alive has. */
export function lockHolder(path: string): LockHolder | null {
  const text = readText(path);
  const holder = text === null ? null : parseHolder(text);
  return holder !== null && isAlive(holder) ? holder : null;
}

function parseHolder(text: string): LockHolder | null {
  try {
    return lockSchema.parse(JSON.parse(text));
  } catch {
    return null; // not written by us or cut off by a full disk: nobody's lock
  }
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Two processes may find the same dead lock: only one rename succeeds. If the other's fresh lock was caught instead, it is
 * put back.
 */
function moveStaleAside(path: string, stale: string): void {
  const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readText(aside) !== stale) link(aside, path);
  rmSync(aside, { force: true });
}

function releaseOwn(path: string, content: string): void {
  if (readText(path) === content) rmSync(path, { force: true });
}
