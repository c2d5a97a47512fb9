import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeTextFile } from '../atomic-file.ts';
import { isEs256By, isHs256By } from '../jwt-keys.ts';
import { type StackLayout, stackLayout } from '../layout.ts';
import { blockPorts } from '../ports.ts';
import { ensureSecrets, newSecrets, settleSecrets } from '../secrets.ts';
import { serverSettingsSchema, writeServerSettings } from '../server-settings.ts';
import { openStack } from '../stack.ts';
import type { SecretsProvider } from './provider-settings.ts';
import type { SuppliedSecrets } from './schema.ts';

let baseDir: string;
let layout: StackLayout;
let provider: SecretsProvider;

beforeEach(() => {
  baseDir = mkdtempSync(join(tmpdir(), 'sfp-secrets-'));
  layout = stackLayout(baseDir, 'acme');
  mkdirSync(layout.dir, { recursive: true });
  provider = { provider: 'file', path: join(baseDir, 'supplied.json') };
  use(provider);
});
afterEach(() => rmSync(baseDir, { recursive: true, force: true }));

const use = (secrets: SecretsProvider | undefined): void =>
  writeServerSettings(
    layout,
    serverSettingsSchema.parse({
      version: 1,
      tenant: 'acme',
      mode: 'dev',
      runtime: 'embedded',
      ports: blockPorts(0),
      secrets,
    }),
  );
const supply = (secrets: SuppliedSecrets): void =>
  writeTextFile(join(baseDir, 'supplied.json'), JSON.stringify(secrets), 0o600);
const text = (): string => readFileSync(layout.secretsFile, 'utf8');
const secrets = () => openStack(baseDir, 'acme').secrets;

it('what is supplied is used and never stored; the rest is made once and kept', () => {
  supply({ databasePassword: 'the-supplied-one', adminPassword: 'and-this-one' });
  ensureSecrets(layout, provider);
  const first = text();
  expect(statSync(layout.secretsFile).mode & 0o777).toBe(0o600);
  expect(first).not.toContain('the-supplied-one');
  expect(first).not.toContain('and-this-one');
  expect(secrets()).toMatchObject({ databasePassword: 'the-supplied-one', adminPassword: 'and-this-one' });
  ensureSecrets(layout, provider);
  settleSecrets(layout, provider);
  expect(text()).toBe(first);
});

it('tokens follow from the keys that are supplied, and are the same every time until those change', () => {
  const { jwtSecret, jwtSigningKey } = newSecrets();
  supply({ jwtSecret, jwtSigningKey });
  ensureSecrets(layout, provider);
  const made = secrets();
  expect(isHs256By(jwtSecret, made.serviceRoleKey)).toBe(true);
  expect(isEs256By(jwtSigningKey, made.anonToken)).toBe(true);
  expect(secrets()).toEqual(made);
  expect(text()).not.toContain(jwtSigningKey.d);

  const other = newSecrets();
  supply({ jwtSecret: other.jwtSecret, jwtSigningKey });
  settleSecrets(layout, provider);
  const changed = secrets();
  expect(isHs256By(other.jwtSecret, changed.anonKey)).toBe(true);
  expect(changed.anonToken).toBe(made.anonToken);
  expect(secrets()).toEqual(changed);

  supply({ jwtSecret, jwtSigningKey, anonKey: other.anonKey });
  expect(() => secrets()).toThrow(/anonKey is not signed by jwtSecret/);
});

it('what was supplied once is never made up: without it the stack is not opened, nor changed', () => {
  supply({ databasePassword: 'the-supplied-one' });
  ensureSecrets(layout, provider);
  const before = text();
  supply({});
  expect(() => secrets()).toThrow(/does not supply what the stack was made with: databasePassword/);
  expect(() => ensureSecrets(layout, provider)).toThrow(/databasePassword/);
  expect(() => settleSecrets(layout, provider)).toThrow(/databasePassword/);
  use(undefined);
  expect(() => secrets()).toThrow(/databasePassword/);
  expect(text()).toBe(before);

  const { version, ...rest } = JSON.parse(before);
  writeTextFile(layout.secretsFile, JSON.stringify({ version, databasePassword: 'taken over', ...rest }), 0o600);
  expect(secrets().databasePassword).toBe('taken over');
});

it('a stack can be looked at without its provider; only its secrets cannot', () => {
  supply({ databasePassword: 'the-supplied-one' });
  ensureSecrets(layout, provider);
  rmSync(join(baseDir, 'supplied.json'));
  const stack = openStack(baseDir, 'acme');
  expect(stack.settings.tenant).toBe('acme');
  expect(() => stack.secrets).toThrow(/cannot be read/);
});

it('a stored key that lacks something is refused by its name', () => {
  use(undefined);
  ensureSecrets(layout);
  const { dispatchSecret: _gone, ...rest } = JSON.parse(text());
  writeTextFile(layout.secretsFile, JSON.stringify(rest), 0o600);
  expect(() => openStack(baseDir, 'acme')).toThrow(
    expect.objectContaining({ code: 'stack_secrets_invalid', detail: 'dispatchSecret: missing' }),
  );
  expect(existsSync(layout.secretsFile)).toBe(true);
});

it('secrets.json that others can read is closed, which is told', () => {
  use(undefined);
  ensureSecrets(layout);
  writeTextFile(layout.secretsFile, text(), 0o644);
  expect(settleSecrets(layout)).toBe(true);
  expect(statSync(layout.secretsFile).mode & 0o777).toBe(0o600);
  expect(settleSecrets(layout)).toBe(false);
});
