import { writeSync } from 'node:fs';
import { type Logger, type LoggerOptions, pino } from 'pino';

const stdout = 1;
/** A full pipe is waited for, this long for each line: a reader that never reads must not hold the process for ever. */
const pipeWait = { stepMs: 10, steps: 500 };
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * The log of a process: JSON lines on stdout, written at once. Unlike with pino's own destination a line that cannot be
 * written is lost and the process is not: a full disk must not end a service, nor hold it (pino's flush at a fatal line
 * tries for ever).
 */
export const processLog = (options: LoggerOptions): Logger => pino(options, { write: writeLine });

/** A line was cut off by a lack of space: the next one begins anew. */
let isCutOff = false;

function writeLine(line: string): void {
  let rest = Buffer.from(isCutOff ? `\n${line}` : line);
  const length = rest.length;
  let waited = 0;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(stdout, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN' && waited++ < pipeWait.steps) {
        Atomics.wait(sleeper, 0, 0, pipeWait.stepMs);
        continue;
      }
      // There is nowhere to report it: the log is what failed. The supervisor's status says that the disk is full.
      if (rest.length < length) isCutOff = true;
      return;
    }
  }
  isCutOff = false;
}
