import { describe, expect, it } from 'vitest';
import { blockPorts } from '../ports.ts';
import { serverSettingsSchema } from '../server-settings.ts';
import { assign } from './assign.ts';

const settings = serverSettingsSchema.parse({
  version: 1,
  tenant: 'acme',
  mode: 'dev',
  runtime: 'embedded',
  ports: blockPorts(0),
});
const set = (...texts: string[]) =>
  assign(
    settings,
    texts.map((text) => ({ key: text.slice(0, text.indexOf('=')), text: text.slice(text.indexOf('=') + 1) })),
  );
const refusal = (...texts: string[]): unknown => {
  try {
    return set(...texts);
  } catch (error) {
    return error;
  }
};

describe('assign', () => {
  it('reads numbers, choices, texts and JSON by what the setting is', () => {
    const changed = set(
      'pools.standard.slots=8',
      'drainTimeoutMs=0',
      'signup=open',
      'publicUrl=https://deploy.example.com',
      'roles.auth={"url":"http://127.0.0.1:19999"}',
      'roles.rest=builtin',
      'auth.redirectUrls=["https://a.example"]',
    );
    expect(changed).toMatchObject({
      pools: { standard: { slots: 8 }, long: { slots: 2 } },
      drainTimeoutMs: 0,
      signup: 'open',
      publicUrl: 'https://deploy.example.com',
      roles: { auth: { url: 'http://127.0.0.1:19999' }, rest: 'builtin' },
      auth: { redirectUrls: ['https://a.example'] },
    });
    expect(settings.signup).toBe('closed');
  });

  it('takes together what is only valid together', () => {
    const smtp = ['auth.smtp.host=mail.example', 'auth.smtp.port=25', 'auth.smtp.senderEmail=sfp@example.com'];
    expect(set(...smtp).auth?.smtp).toMatchObject({ host: 'mail.example', port: 25, senderName: 'sfp' });
    expect(refusal(smtp[0] ?? '')).toMatchObject({ code: 'setting_invalid' });
  });

  it('puts the default back for an empty value', () => {
    const changed = assign(set('pools.long.slots=9', 'publicUrl=https://a.example'), [
      { key: 'pools.long.slots', text: '' },
      { key: 'publicUrl', text: '' },
    ]);
    expect(changed).toEqual(settings);
  });

  it.each([
    ['pools.standard.slots=500', /<=100/],
    ['pools.standard.slots=many', /expected number/],
    ['drainTimeoutMs=-1', />=0/],
    ['retention.auditLogDays=30', />=90/],
    ['signup=ajar', /"open"\|"closed"/],
    ['publicUrl=nowhere', /URL/],
    ['ports.rest=20000', /two ports/],
    ['ports.gateway=', /ports.gateway/],
    ['domain=deploy.example.com', /--mode prod/],
    ['roles.rest={"program":5}', /./],
  ])('refuses %s with the reason', (text, detail) => {
    expect(refusal(text)).toMatchObject({ code: 'setting_invalid', detail: expect.stringMatching(detail) });
  });

  it.each(['tenant=x', 'runtime=compose', 'mode=prod', 'version=2'])('refuses %s: fixed', (text) => {
    expect(refusal(text)).toMatchObject({ code: 'setting_fixed' });
  });

  it.each([
    ['pool.standard.slots=3', 'Did you mean pools.standard.slots?'],
    ['slots=3', 'Did you mean pools.standard.slots or pools.long.slots?'],
    ['DrainTimeout=3', 'Did you mean drainTimeoutMs?'],
    ['__proto__.x=3', expect.stringContaining('Settings begin with')],
    ['signup.constructor=3', expect.anything()],
  ])('refuses %s: unknown', (text, suggestion) => {
    expect(refusal(text)).toMatchObject({ code: 'setting_unknown', suggestion });
  });

  it.each([
    'smtpPassword=hunter2',
    'auth.smtp.password=hunter2',
    'roles.rest={"program":"/opt/rest","env":{"X_SECRET":"hunter2"}}',
    'publicUrl=https://me:hunter2@deploy.example.com',
  ])('refuses %s: a secret, which no message repeats', (text) => {
    const error = refusal(text);
    expect(error).toMatchObject({ code: 'setting_is_secret' });
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });
});
