import type { Home } from '../../e2e/support/home.ts';
import { mustRun } from '../support/bench-stack.ts';
import { stackProcesses } from '../support/processes.ts';
import { figure, percentile, spreadCells, spreadColumns } from '../support/samples.ts';
import { printNote, printTable } from '../support/table.ts';

const runs = { help: 10, init: 3, start: 7, quickstart: 2 } as const;

interface Status {
  dir: string;
  services: { name: string; upSince: string | null }[];
}

/** Seconds until a command has done its work; `server start` and `quickstart` are done when the stack is healthy. */
export async function startUp(home: Home): Promise<void> {
  const help = await repeat(runs.help, () => timed(home, '--help'));
  const init: number[] = [];
  for (let index = 0; index < runs.init; index += 1) {
    init.push(await timed(home, 'server', 'init', '--tenant', `start-${index}`, '--mode', 'dev', '--json'));
    if (index > 0) await mustRun(home, 'server', 'destroy', '--tenant', `start-${index}`, '--yes');
  }

  const tenant = ['--tenant', 'start-0'];
  const cpus: number[] = [];
  const parts = new Map<string, number[]>();
  const start = await repeat(runs.start, async () => {
    await mustRun(home, 'server', 'stop', ...tenant);
    const began = Date.now();
    const seconds = await timed(home, 'server', 'start', ...tenant, '--json');
    const status = JSON.parse(await mustRun(home, 'server', 'status', ...tenant, '--json')) as Status;
    cpus.push(stackProcesses(status.dir).reduce((sum, { cpuMs }) => sum + cpuMs, 0) / 1_000);
    for (const { name, upSince } of status.services) {
      if (upSince !== null) parts.set(name, [...(parts.get(name) ?? []), (Date.parse(upSince) - began) / 1_000]);
    }
    return seconds;
  });
  await mustRun(home, 'server', 'destroy', ...tenant, '--yes');

  const quickstart = await repeat(runs.quickstart, async () => {
    const seconds = await timed(home, 'quickstart');
    await mustRun(home, 'server', 'destroy', '--tenant', 'demo', '--yes');
    return seconds;
  });

  printTable(
    'Start-up: seconds',
    ['command', ...spreadColumns],
    [
      ['sfp --help', ...spreadCells(help)],
      ['sfp server init (new stack, to healthy)', ...spreadCells(init)],
      ['sfp server start (existing stack, to healthy)', ...spreadCells(start)],
      ['  of which CPU, the stack on all cores', ...spreadCells(cpus)],
      ['sfp quickstart (nothing there, to the end of the deployment)', ...spreadCells(quickstart)],
    ],
  );
  const times = [...parts].map(([name, samples]) => [name, percentile(samples, 50)] as const);
  printTable(
    'server start: when each part was healthy, seconds after the command began (median)',
    ['part', 's'],
    times.sort((a, b) => a[1] - b[1]).map(([name, seconds]) => [name, figure(seconds)]),
  );
  printNote(
    `A start costs ${figure(percentile(cpus, 50))} s of CPU: what ${figure(percentile(cpus, 50) / 2)} s of two idle cores give.`,
  );
}

async function repeat(count: number, work: () => Promise<number>): Promise<number[]> {
  const results: number[] = [];
  for (let index = 0; index < count; index += 1) results.push(await work());
  return results;
}

async function timed(home: Home, ...args: string[]): Promise<number> {
  const began = performance.now();
  await mustRun(home, ...args);
  return (performance.now() - began) / 1_000;
}
