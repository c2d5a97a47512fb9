import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { stackLayout } from '../../stack/layout.ts';
import { blockPorts } from '../../stack/ports.ts';
import { newSecrets } from '../../stack/secrets.ts';
import { type RoleSource, roleNames, serverSettingsSchema } from '../../stack/server-settings.ts';
import { portsInUse } from '../ports-in-use.ts';
import { roleService, stackServices } from '../services.ts';
import { startOrder } from '../supervisor/graph.ts';
import { roleContext } from './role-context.ts';
import { roleTable } from './role-table.ts';

const secrets = newSecrets();
const context = (roles: Partial<Record<(typeof roleNames)[number], RoleSource>> = {}) => {
  const settings = serverSettingsSchema.parse({
    version: 1,
    tenant: 'acme',
    mode: 'dev',
    runtime: 'embedded',
    ports: blockPorts(0),
    roles,
  });
  return roleContext({ layout: stackLayout('/base', 'acme'), settings, secrets }, 'token');
};
const secretValues = Object.values(secrets).filter((value) => typeof value === 'string' && value.length > 20);

describe('roles', () => {
  it('put no secret into a command line', () => {
    for (const name of roleNames) {
      const { run } = roleService(roleTable[name], context(), {});
      const line = run.kind === 'process' ? [run.program, ...run.args].join(' ') : '';
      expect(secretValues.filter((secret) => line.includes(String(secret)))).toEqual([]);
    }
  });

  it('give a foreign program the environment, ports and health of ours, its own settings on top', () => {
    const ours = roleService(roleTable.rest, context(), { PATH: '/bin' });
    const foreign = roleService(
      roleTable.rest,
      context({ rest: { program: '/opt/postgrest', args: ['-v'], env: { PGRST_DB_POOL: '3' } } as RoleSource }),
      { PATH: '/bin' },
    );
    expect(foreign.probe).toEqual(ours.probe);
    if (foreign.run.kind !== 'process' || ours.run.kind !== 'process') throw new Error('not a process');
    expect(foreign.run).toMatchObject({ program: '/opt/postgrest', args: ['-v'], cwd: '/base/tenants/acme' });
    expect(foreign.run.env).toEqual({ ...ours.run.env, PGRST_DB_POOL: '3' });
  });

  it('let a URL stand for a role: nothing is started, everybody is sent there, its ports are not needed', () => {
    const elsewhere = context({ auth: { url: 'http://10.0.0.1:9999/' } });
    expect(roleService(roleTable.auth, elsewhere, {})).toMatchObject({
      run: { kind: 'remote', url: 'http://10.0.0.1:9999' },
      probe: { kind: 'http', url: 'http://10.0.0.1:9999/health' },
    });
    expect(roleTable.gateway.env(elsewhere).AUTH_URL).toBe('http://10.0.0.1:9999');
    expect(portsInUse(elsewhere.settings)).not.toContain('auth');
  });

  it('start in an order that exists, with and without a known database', () => {
    const stack = { layout: stackLayout('/base', 'acme'), settings: context().settings, secrets };
    const log = pino({ level: 'silent' });
    for (const databaseKnown of [false, true]) {
      const order = startOrder(stackServices(stack, context(), { baseEnv: {}, log, databaseKnown }));
      expect(order).toHaveLength(roleNames.length + 3);
      expect(order.indexOf('migrations')).toBeLessThan(order.indexOf('api'));
      expect(order.indexOf('hatchet')).toBeLessThan(order.indexOf('worker-standard'));
    }
  });
});
