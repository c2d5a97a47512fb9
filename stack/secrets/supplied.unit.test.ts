import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SfpError } from '../../contracts/error.ts';
import { newSecrets } from '../secrets.ts';
import { commandOutput, commandWords } from './command.ts';
import { variableOf } from './environment.ts';
import type { SecretsProvider } from './provider-settings.ts';
import { secretNames } from './schema.ts';
import { suppliedSecrets } from './supplied.ts';

const directory = mkdtempSync(join(tmpdir(), 'sfp-secrets-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const file = (name: string, content: unknown, mode = 0o600): string => {
  const path = join(directory, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  chmodSync(path, mode);
  return path;
};
const node = (source: string): SecretsProvider => ({ provider: 'command', command: [process.execPath, '-e', source] });

/** Everything that a person, a log or the journal is told of a refusal. */
function refusal(provider: SecretsProvider, environment?: NodeJS.ProcessEnv): { code: string; told: string } {
  try {
    suppliedSecrets(provider, environment);
  } catch (error) {
    if (!(error instanceof SfpError)) throw error;
    return { code: error.code, told: `${JSON.stringify(error.toFailure())} ${error.stack} ${String(error.cause)}` };
  }
  throw new Error('it was not refused');
}

const value = 'the-very-secret-value';

describe('the environment', () => {
  it('has a variable for each secret', () => {
    const names = secretNames.map((name) => variableOf('SFP_SECRET_', name));
    expect(names).toContain('SFP_SECRET_DATABASE_PASSWORD');
    expect(names).toContain('SFP_SECRET_JWT_SIGNING_KEY');
    expect(new Set(names).size).toBe(secretNames.length);
  });

  it('supplies what is set, with keys as JSON; an empty variable is none', () => {
    const { jwtSigningKey } = newSecrets();
    const environment = {
      SFP_SECRET_DATABASE_PASSWORD: value,
      SFP_SECRET_JWT_SIGNING_KEY: JSON.stringify(jwtSigningKey),
      SFP_SECRET_SMTP_PASSWORD: '',
      SFP_SECRET_: 'nothing',
      PATH: '/bin',
    };
    expect(suppliedSecrets({ provider: 'environment' }, environment)).toEqual({
      databasePassword: value,
      jwtSigningKey,
    });
    const own = { ACME_JWT_SECRET: value.repeat(2) };
    expect(suppliedSecrets({ provider: 'environment', prefix: 'ACME_' }, own)).toEqual({ jwtSecret: value.repeat(2) });
  });

  it('is told which variable is wrong, never what is in it', () => {
    const wrong = {
      SFP_SECRET_JWT_SECRET: value,
      SFP_SECRET_JWT_SIGNING_KEY: `{"d":"${value}"`,
      SFP_SECRET_PUBLISHABLE_KEY: `sb_publishable_${value}' or true`,
      SFP_SECRET_DATABASE_PASSWORD: `${value}\nPGPASSWORD=x`,
      SFP_SECRET_HATCHET_TENANT_ID: value,
    };
    const { code, told } = refusal({ provider: 'environment' }, wrong);
    expect(code).toBe('secrets_supplied_invalid');
    for (const name of ['jwtSecret', 'jwtSigningKey', 'publishableKey', 'databasePassword', 'hatchetTenantId']) {
      expect(told).toContain(name);
    }
    expect(told).not.toContain(value);
  });
});

describe('a file', () => {
  it('supplies what it holds when only its owner can read it', () => {
    const path = file('good.json', { databasePassword: value, oauthClientSecrets: { github: 'x' } });
    expect(suppliedSecrets({ provider: 'file', path })).toEqual({
      databasePassword: value,
      oauthClientSecrets: { github: 'x' },
    });
  });

  it('is refused with the command that mends it when others can read or change it', () => {
    for (const mode of [0o644, 0o640, 0o602]) {
      const path = file(`loose-${mode}.json`, { databasePassword: value }, mode);
      const { code, told } = refusal({ provider: 'file', path });
      expect(code).toBe('secrets_file_open');
      expect(told).toContain(`chmod 600 ${path}`);
    }
  });

  it('is refused without a word of it when it is missing, no JSON, or has a name that is none', () => {
    expect(refusal({ provider: 'file', path: join(directory, 'none.json') }).code).toBe('secrets_file_unreadable');
    const broken = refusal({ provider: 'file', path: file('broken.json', `{"databasePassword": ${value}}`) });
    expect(broken).toMatchObject({ code: 'secrets_supplied_invalid', told: expect.not.stringContaining(value) });
    const slip = refusal({ provider: 'file', path: file('slip.json', { databasePasword: value }) });
    expect(slip.told).toContain('databasePasword');
    expect(slip.told).not.toContain(value);
  });
});

describe('a command', () => {
  it('supplies what it prints, and is asked once in the life of a process', () => {
    const count = join(directory, 'count');
    const provider = node(
      `require('node:fs').appendFileSync(${JSON.stringify(count)}, 'x'); console.log(JSON.stringify({databasePassword: '${value}'}))`,
    );
    expect(suppliedSecrets(provider)).toEqual({ databasePassword: value });
    expect(suppliedSecrets(provider)).toEqual({ databasePassword: value });
    expect(
      commandOutput([process.execPath, '-p', `require('node:fs').readFileSync(${JSON.stringify(count)}, 'utf8')`]),
    ).toBe('x\n');
  });

  it('has nobody to ask on its stdin', () => {
    const source = "process.stdin.on('end', () => console.log('{}')).resume()";
    expect(suppliedSecrets(node(source))).toEqual({});
  });

  it('that fails, is not there or takes too long is told as that, without its output', () => {
    const failed = refusal(node(`console.log('${value}'); process.exit(7)`));
    expect(failed).toMatchObject({ code: 'secrets_command_failed', told: expect.stringContaining('exit code 7') });
    expect(failed.told).not.toContain(value);
    expect(refusal({ provider: 'command', command: ['/no/such/program'] }).told).toContain('ENOENT');
    expect(() => commandOutput([process.execPath, '-e', 'setInterval(() => {}, 1000)'], 300)).toThrow(
      /did not end within/,
    );
    const noise = refusal(node(`console.log('${value}')`));
    expect(noise.code).toBe('secrets_supplied_invalid');
  });

  it('is words without a shell, or a JSON array of them', () => {
    expect(commandWords('  vault kv  get acme ')).toEqual(['vault', 'kv', 'get', 'acme']);
    expect(commandWords('["op","read","op://vault/my item"]')).toEqual(['op', 'read', 'op://vault/my item']);
    for (const text of ['', 'cat "a b"', 'cat $HOME/x', 'a | b', 'a; b', '[]', '["a", 1]', '["a"']) {
      expect(() => commandWords(text), text).toThrow(/plain words/);
    }
  });
});
