import type { Check } from '../stack/checks/check.ts';
import { lockHolder } from '../stack/lock.ts';
import { portHolder } from '../stack/port-holder.ts';
import { isPortFree } from '../stack/ports.ts';
import { serverCommand } from '../stack/server-command.ts';
import type { Stack } from '../stack/stack.ts';
import { maintenancePid } from './maintenance.ts';
import { portsInUse } from './ports-in-use.ts';
import { findBinaries } from './postgres/binaries.ts';
import { embeddedStatus } from './stack-status.ts';
import { supervisorPlace } from './supervisor/place.ts';

/** What the embedded runtime needs, of the machine and, when there is one, for this stack. */
export const embeddedChecks = (stack: Stack | null): readonly Check[] => [
  {
    id: 'postgres-binaries',
    title: 'Postgres programs',
    severity: 'error',
    run: async () => ({ ok: true, evidence: (await findBinaries()).postgres }),
  },
  ...(stack === null ? [] : stackChecks(stack)),
];

const stackChecks = (stack: Stack): readonly Check[] => [
  {
    id: 'ports',
    title: 'Ports',
    severity: 'error',
    run: async () => {
      const { layout, settings } = stack;
      if (lockHolder(supervisorPlace(layout).lockFile) !== null)
        return { ok: true, evidence: 'used by the stack itself' };
      const names = portsInUse(settings);
      const taken: string[] = [];
      for (const name of names) {
        const port = settings.ports[name];
        // The maintenance answer, which a start ends.
        if (name === 'gateway' && maintenancePid(layout) !== null) continue;
        if (!(await isPortFree(port))) taken.push(`${port} (${name}) by ${portHolder(port) ?? 'another process'}`);
      }
      return taken.length === 0
        ? { ok: true, evidence: `${names.length} ports are free` }
        : {
            ok: false,
            evidence: `taken: ${taken.join(', ')}`,
            remedy: `Stop what listens there, or change "ports" in ${layout.serverFile}.`,
          };
    },
  },
  {
    id: 'services',
    title: 'Services',
    severity: 'error',
    run: async () => {
      const { status, services, problem } = await embeddedStatus(stack);
      const bad = services.filter(({ health }) => health === 'unhealthy');
      const ok = status === 'running' || status === 'stopped';
      const evidence = problem?.message ?? (ok ? `the stack is ${status}` : bad.map(describe).join('; '));
      return {
        ok,
        evidence: evidence === '' ? `the stack is ${status}` : evidence,
        remedy: problem?.suggestion ?? `Look at \`${serverCommand(stack.layout, 'logs')}\`.`,
      };
    },
  },
];

const describe = ({ name, state, detail }: { name: string; state: string; detail?: string }): string =>
  `${name} is ${state}${detail === undefined ? '' : ` (${detail})`}`;
