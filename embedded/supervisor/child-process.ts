import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { openLog } from './log-file.ts';
import { signalGroup, within } from './process-group.ts';
import { markedProcesses, serviceMarker, stackMarker } from './process-table.ts';
import type { ProcessCommand } from './service.ts';

interface ChildExit {
  code: number | null;
  /** One sentence: "exited with 3", "killed by SIGKILL", "could not be started: …". */
  reason: string;
}

export interface RunningChild {
  pid: number | null;
  exited: Promise<ChildExit>;
  signal(signal: NodeJS.Signals): void;
  /** The whole group, at once. */
  kill(): void;
}

const groupGraceMs = 1_000;

/**
 * Starts a service's program as the leader of its own process group, with exactly this environment. `exited` resolves when
 * the leader has ended and nothing of its group is left either.
 */
export function startChild(
  command: ProcessCommand,
  place: { service: string; stackDir: string; logFile: string },
): RunningChild {
  let log: number;
  try {
    log = openLog(place.logFile);
  } catch (error) {
    return neverStarted(error);
  }
  const child = spawn(command.program, command.args, {
    cwd: command.cwd ?? place.stackDir,
    env: { ...command.env, [stackMarker]: place.stackDir, [serviceMarker]: place.service },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const pid = child.pid ?? null;
  const leaderExit = new Promise<ChildExit>((resolve) => {
    child.once('error', (error) => {
      if (pid === null) resolve({ code: null, reason: `could not be started: ${error.message}` });
    });
    child.once('exit', (code, signal) =>
      resolve({ code, reason: code === null ? `was killed by ${signal}` : `exited with ${code}` }),
    );
  });
  return {
    pid,
    exited: leaderExit.then(async (exit) => {
      if (pid !== null) await endRest(pid, place);
      return exit;
    }),
    signal: (signal) => void child.kill(signal),
    kill: () => {
      if (pid !== null) signalGroup(pid, 'SIGKILL');
    },
  };
}

/** A full disk, most of all: told like a program that does not start, and tried again like one. */
const neverStarted = (error: unknown): RunningChild => ({
  pid: null,
  exited: Promise.resolve({
    code: null,
    reason: `could not be started: ${error instanceof Error ? error.message : String(error)}`,
  }),
  signal: () => undefined,
  kill: () => undefined,
});

/** What a leader leaves behind would hold its ports and go on with its work beside the next one. */
async function endRest(leader: number, place: { service: string; stackDir: string }): Promise<void> {
  if (signalGroup(leader, 'SIGTERM') && !(await within(groupGraceMs, () => !signalGroup(leader, 'SIGTERM')))) {
    signalGroup(leader, 'SIGKILL');
    await within(groupGraceMs, () => !signalGroup(leader, 'SIGKILL'));
  }
  for (const pid of markedProcesses(place.stackDir, place.service)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
