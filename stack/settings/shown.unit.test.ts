import { expect, it } from 'vitest';
import { blockPorts } from '../ports.ts';
import { serverSettingsSchema } from '../server-settings.ts';
import { settingKeys } from './setting-key.ts';
import { flatSettings, settingValue } from './shown.ts';

const settings = serverSettingsSchema.parse({
  version: 1,
  tenant: 'acme',
  mode: 'dev',
  runtime: 'embedded',
  ports: blockPorts(0),
  roles: {
    rest: { program: '/opt/rest', env: { API_KEY: 'hunter2', PGRST_DB_POOL: '3', URI: 'postgres://u:hunter2@h/d' } },
  },
});

it('knows the settings from the schema of server.json', () => {
  expect(settingKeys()).toEqual(
    expect.arrayContaining([
      'drainTimeoutMs',
      'ports.gateway',
      'pools.long.slots',
      'roles.rest',
      'images.db',
      'auth.smtp.host',
    ]),
  );
});

it('shows a value, a group, and nothing for what is not set', () => {
  expect(settingValue(settings, 'pools.standard.slots')).toBe(4);
  expect(settingValue(settings, 'pools')).toEqual({ standard: { slots: 4 }, long: { slots: 2 } });
  expect(settingValue(settings, 'publicUrl')).toBeUndefined();
  expect(() => settingValue(settings, 'pool')).toThrow('no setting "pool"');
});

it('hides what a person put in that is a secret', () => {
  expect(settingValue(settings, 'roles.rest')).toMatchObject({
    env: { API_KEY: '(hidden)', PGRST_DB_POOL: '3', URI: 'postgres://u:(hidden)@h/d' },
  });
  expect(JSON.stringify(flatSettings(settings))).not.toContain('hunter2');
});
