import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SfpError } from '../../contracts/error.ts';
import { tryLock } from '../../stack/lock.ts';
import { programsDir } from './programs.ts';

const waitMs = 60_000;
const lookAgainMs = 20;

/** One process at a time adds programs to a base directory, points a stack at them, or removes some. */
export async function withProgramsLock<Result>(baseDir: string, work: () => Promise<Result>): Promise<Result> {
  const path = join(programsDir(baseDir), '.lock');
  const deadline = performance.now() + waitMs;
  for (;;) {
    const taken = tryLock(path, 'sfp');
    if ('lock' in taken) {
      try {
        return await work();
      } finally {
        taken.lock.release();
      }
    }
    if (performance.now() > deadline) {
      throw new SfpError({
        code: 'programs_locked',
        message: `Process ${taken.holder.pid} has been working on ${programsDir(baseDir)} since ${taken.holder.since}.`,
        suggestion: 'Wait until it has ended and try again.',
      });
    }
    await delay(lookAgainMs);
  }
}
