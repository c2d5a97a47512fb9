import { setTimeout as delay } from 'node:timers/promises';
import { type BenchStack, mustRun } from '../support/bench-stack.ts';
import { type StackProcess, stackProcesses } from '../support/processes.ts';
import { printNote, printTable } from '../support/table.ts';

const settleMs = 10_000;

/**
 * What an idle stack occupies, per part: after a start, as on all its days but the first. What init leaves running needs
 * more, because its programs were compiled in it.
 */
export async function memory(stack: BenchStack): Promise<void> {
  await delay(settleMs);
  const first = stackProcesses(stack.dir);
  await mustRun(stack.home, 'server', 'stop', '--tenant', stack.tenant);
  await mustRun(stack.home, 'server', 'start', '--tenant', stack.tenant);
  await delay(settleMs);
  const processes = stackProcesses(stack.dir);
  const services = [...new Set(processes.map(({ service }) => service))];
  const row = (name: string, members: readonly StackProcess[]): string[] => [
    name,
    String(members.length),
    ...(['rssBytes', 'pssBytes', 'privateBytes'] as const).map((key) => megabytes(members, key)),
  ];
  const bySize = services
    .map((service) => processes.filter((process) => process.service === service))
    .sort((a, b) => sum(b, 'pssBytes') - sum(a, 'pssBytes'));
  printTable(
    'Memory of an idle stack: MB',
    ['part', 'processes', 'RSS', 'PSS', 'private'],
    [
      ...bySize.map((members) => row(members[0]?.service ?? '', members)),
      row('all', processes),
      row('all, on the first day (after init)', first),
    ],
  );
  printNote(
    'RSS counts the pages that processes share (the program of Node, the buffers of Postgres) once for each of them. PSS divides ' +
      'them among those who share: its sum is what the stack takes away from the machine.',
  );
}

const sum = (members: readonly StackProcess[], key: 'rssBytes' | 'pssBytes' | 'privateBytes'): number =>
  members.reduce((total, member) => total + member[key], 0);
const megabytes = (...args: Parameters<typeof sum>): string => (sum(...args) / 2 ** 20).toFixed(0);
