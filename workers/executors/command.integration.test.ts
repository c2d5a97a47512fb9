import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { runCommand } from './command.ts';
import { markedProcesses } from './process-tree.ts';

function command(
  script: string,
  options: { timeoutMs?: number; signal?: AbortSignal; onLine?: (text: string) => void } = {},
) {
  const marker = randomUUID();
  const lines: string[] = [];
  const end = runCommand({
    command: '/bin/sh',
    args: ['-euc', script],
    cwd: tmpdir(),
    env: { PATH: process.env.PATH ?? '' },
    marker,
    timeoutMs: options.timeoutMs ?? 20_000,
    signal: options.signal ?? new AbortController().signal,
    onLine: (_, text) => {
      lines.push(text);
      options.onLine?.(text);
    },
  });
  return { end, lines, marker };
}

describe('runCommand', () => {
  it('gives the exit code and every line', async () => {
    const { end, lines } = command('echo one; echo two >&2; exit 3');
    expect(await end).toMatchObject({ kind: 'exited', exitCode: 3 });
    expect(lines.sort()).toEqual(['one', 'two']);
  });

  it('ends a step that ignores SIGTERM and has grandchildren, one of them a daemon in a session of its own', async () => {
    const controller = new AbortController();
    const { end, marker } = command(
      "trap '' TERM; (trap '' TERM; sleep 300) & setsid sh -c \"trap '' TERM; sleep 300\" & echo ready; sleep 300",
      { signal: controller.signal, onLine: () => controller.abort() },
    );
    expect(await end).toEqual({ kind: 'aborted' });
    expect(await markedProcesses(marker)).toEqual([]);
  });

  it('ends a step at its time limit', async () => {
    const { end, marker } = command('sleep 300', { timeoutMs: 100 });
    expect(await end).toEqual({ kind: 'timed_out' });
    expect(await markedProcesses(marker)).toEqual([]);
  });

  it('leaves nothing behind when a step ends and forgot a background process', async () => {
    const { end, marker } = command('sleep 300 & echo started');
    expect(await end).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(await markedProcesses(marker)).toEqual([]);
  });

  it('rejects when the command cannot be started', async () => {
    await expect(
      runCommand({
        command: '/nonexistent',
        args: [],
        cwd: tmpdir(),
        env: {},
        marker: randomUUID(),
        timeoutMs: 1_000,
        signal: new AbortController().signal,
        onLine: () => undefined,
      }),
    ).rejects.toThrow('ENOENT');
  });
});
