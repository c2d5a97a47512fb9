import { statfsSync } from 'node:fs';
import { z } from 'zod';
import { SfpError } from '../contracts/error.ts';
import type { Check, CheckResult } from '../stack/checks/check.ts';
import { serverCommand } from '../stack/server-command.ts';
import type { Stack } from '../stack/stack.ts';
import { docker } from './engine/docker-command.ts';
import { engine, engineAddress, isLocalAddress } from './engine/docker-engine.ts';
import { takenPorts } from './gateway-port.ts';
import { isVersionAtLeast } from './is-version-at-least.ts';
import { assertOwnProject } from './project-owner.ts';
import { stackContainers } from './stack-containers.ts';
import { composeStatus } from './stack-status.ts';

const megabyte = 1024 * 1024;
const oldestEngine = '20.10';
/** `service_completed_successfully`, `--wait` and the labels that this runtime reads have been there for long by then, `start_interval` is new in it. */
const oldestCompose = '2.20.2';
const neededDiskMegabytes = 3_000;
/** What the containers of an idle stack on the official images take together. */
const neededMemoryMegabytes = 3_500;

/** What is said when a check fails because the engine cannot be asked. */
async function told(run: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof SfpError)) throw error;
    const evidence = error.detail === undefined ? error.message : `${error.message} (${error.detail.split('\n')[0]})`;
    return { ok: false, evidence, ...(error.suggestion === undefined ? {} : { remedy: error.suggestion }) };
  }
}

/** The engine's own check says that it cannot be asked, once. */
async function quietly(run: () => Promise<CheckResult>): Promise<CheckResult> {
  const result = await told(run);
  return result.ok || (await told(engineAnswers)).ok ? result : { ok: true, evidence: 'the engine was not asked' };
}
const engineAnswers = async (): Promise<CheckResult> => {
  await engine((client) => client.ping());
  return { ok: true, evidence: 'it answers' };
};

const infoSchema = z.object({
  DockerRootDir: z.string(),
  MemTotal: z.number(),
  NCPU: z.number(),
  MemoryLimit: z.boolean().default(true),
  PidsLimit: z.boolean().default(true),
  OSType: z.string(),
});
const engineInfo = async () => infoSchema.parse(await engine((client) => client.info()));

const machine: readonly Check[] = [
  {
    id: 'container-engine',
    title: 'Container engine',
    severity: 'error',
    run: () =>
      told(async () => {
        const { Version, ApiVersion } = await engine((client) => client.version());
        return {
          ok: isVersionAtLeast(Version, oldestEngine),
          evidence: `Docker ${Version}, API ${ApiVersion}, at ${await engineAddress()}`,
          remedy: `Install Docker ${oldestEngine} or newer: https://docs.docker.com/engine/install/`,
        };
      }),
  },
  {
    id: 'docker-compose',
    title: 'Docker Compose',
    severity: 'error',
    run: () =>
      told(async () => {
        const version = await docker({
          args: ['compose', 'version', '--short'],
          failure: 'Docker Compose does not tell its version.',
        });
        return {
          ok: isVersionAtLeast(version, oldestCompose),
          evidence: `Compose ${version}`,
          remedy: `Install Docker Compose ${oldestCompose} or newer (package docker-compose-plugin).`,
        };
      }),
  },
  {
    id: 'engine-limits',
    title: 'Limits of containers',
    severity: 'warning',
    run: () =>
      quietly(async () => {
        const { MemoryLimit, PidsLimit } = await engineInfo();
        return {
          ok: MemoryLimit && PidsLimit,
          evidence:
            MemoryLimit && PidsLimit ? 'memory and processes' : 'the kernel sets no limit of memory or processes',
          remedy:
            'Switch the memory and pids controllers on (kernel option cgroup_enable=memory), or a task can take all.',
        };
      }),
  },
  {
    id: 'engine-memory',
    title: 'Memory of the engine',
    severity: 'warning',
    run: () =>
      quietly(async () => {
        const { MemTotal, NCPU } = await engineInfo();
        return {
          ok: MemTotal >= neededMemoryMegabytes * megabyte,
          evidence: `${Math.round(MemTotal / megabyte)} MB, ${NCPU} cores`,
          remedy: 'Give the engine 4 GB or more.',
        };
      }),
  },
  {
    id: 'engine-disk',
    title: 'Disk of the engine',
    severity: 'error',
    run: () =>
      quietly(async () => {
        const { DockerRootDir } = await engineInfo();
        const free = isLocalAddress(await engineAddress()) ? freeMegabytes(DockerRootDir) : null;
        if (free === null) return { ok: true, evidence: `${DockerRootDir} is not on this machine: not looked at` };
        return {
          ok: free >= neededDiskMegabytes,
          evidence: `${free} MB free at ${DockerRootDir}`,
          remedy: `Free at least ${neededDiskMegabytes} MB there; \`docker system df\` shows what takes it.`,
        };
      }),
  },
];

/** Null where the directory is the engine's alone: in a virtual machine, or closed to this user. */
function freeMegabytes(directory: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return Math.floor((bavail * bsize) / megabyte);
  } catch {
    return null; // said so as the evidence
  }
}

/** What a stack of containers needs, of the machine and, when there is one, for this stack. */
export const composeChecks = (stack: Stack | null): readonly Check[] =>
  stack === null ? machine : [...machine, ...stackChecks(stack)];

const stackChecks = (stack: Stack): readonly Check[] => [
  {
    id: 'project',
    title: 'Name of the project',
    severity: 'error',
    run: () =>
      told(async () => {
        await assertOwnProject(stack.layout);
        return { ok: true, evidence: 'nothing of another stack has it' };
      }),
  },
  {
    id: 'ports',
    title: 'Ports',
    severity: 'error',
    run: () =>
      told(async () => {
        const taken = await takenPorts(stack, await stackContainers(stack.layout));
        return {
          ok: taken.length === 0,
          evidence: taken.length === 0 ? 'free, or used by the stack itself' : `taken: ${taken.join(', ')}`,
          remedy: `Stop what listens there, or change "ports" in ${stack.layout.serverFile}.`,
        };
      }),
  },
  {
    id: 'services',
    title: 'Services',
    severity: 'error',
    run: () =>
      told(async () => {
        const { status, services } = await composeStatus(stack);
        const bad = services.filter(({ health }) => health === 'unhealthy');
        return {
          ok: status === 'running' || status === 'stopped',
          evidence:
            bad
              .map(({ name, state, detail }) => `${name} is ${state}${detail === undefined ? '' : ` (${detail})`}`)
              .join('; ') || `the stack is ${status}`,
          remedy: `Look at \`${serverCommand(stack.layout, 'logs')}\`.`,
        };
      }),
  },
];
