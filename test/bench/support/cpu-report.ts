import { idleTicks } from './machine.ts';
import { cpuSince, type StackProcess, stackProcesses } from './processes.ts';
import { figure } from './samples.ts';

/** Who used the processor while something was measured. */
export interface CpuUse {
  /** Parts of the stack, and `bench` for this process, with the most hungry first. */
  parts: [name: string, ms: number][];
  wallMs: number;
  /** Share of the whole machine that was idle, and that others than the stack and the bench took. */
  idleShare: number;
  othersShare: number;
}

export async function withCpu<Result>(stackDir: string, work: () => Promise<Result>): Promise<[Result, CpuUse]> {
  const before: StackProcess[] = stackProcesses(stackDir);
  const own = process.cpuUsage();
  const ticks = idleTicks();
  const started = performance.now();
  const result = await work();
  const wallMs = performance.now() - started;
  const { user, system } = process.cpuUsage(own);
  const after = idleTicks();
  const parts = [...cpuSince(before, stackProcesses(stackDir)), ['bench', (user + system) / 1_000] as [string, number]];
  const allMs = (after.all - ticks.all) * 10;
  const usedMs = parts.reduce((sum, [, ms]) => sum + ms, 0);
  const idleShare = (after.idle - ticks.idle) / Math.max(1, after.all - ticks.all);
  return [
    result,
    {
      parts: parts.filter(([, ms]) => ms > 0).sort((a, b) => b[1] - a[1]),
      wallMs,
      idleShare,
      othersShare: Math.max(0, 1 - idleShare - usedMs / Math.max(1, allMs)),
    },
  ];
}

/** `postgres 41 %, rest 30 %, …; 12 % of the machine idle, 40 % used by others` */
export function cpuSentence({ parts, idleShare, othersShare }: CpuUse, most = 5): string {
  const total = parts.reduce((sum, [, ms]) => sum + ms, 0);
  const shares = parts.slice(0, most).map(([name, ms]) => `${name} ${figure((100 * ms) / total)} %`);
  return `${shares.join(', ')}; of the machine ${percent(idleShare)} idle, ${percent(othersShare)} taken by others`;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
