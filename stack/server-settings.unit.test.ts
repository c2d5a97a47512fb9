import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stackLayout } from './layout.ts';
import { portNames } from './ports.ts';
import { readServerSettings } from './server-settings.ts';

const baseDir = mkdtempSync(join(tmpdir(), 'sfp-settings-'));
afterAll(() => rmSync(baseDir, { recursive: true }));
const layout = stackLayout(baseDir, 'acme');
const ports = Object.fromEntries(portNames.map((name, index) => [name, 20_000 + index]));
const good = { version: 1, tenant: 'acme', mode: 'dev', runtime: 'embedded', ports };

function failureOf(changes: Record<string, unknown>): unknown {
  mkdirSync(dirname(layout.serverFile), { recursive: true });
  writeFileSync(layout.serverFile, JSON.stringify({ ...good, ...changes }));
  try {
    return readServerSettings(layout);
  } catch (error) {
    return error;
  }
}

describe('a fault in server.json', () => {
  it.each([
    [{ roles: { rest: 'bultin' } }, 'roles.rest: must be "builtin", {"program": …} or {"url": …}; it is "bultin"'],
    [{ roles: { rest: { program: '/x', arg: [] } } }, 'roles.rest: Unrecognized key: "arg"'],
    [{ roles: { rest: { url: 'nowhere' } } }, 'roles.rest.url: Invalid URL; it is "nowhere"'],
    [
      { roles: { rest: { program: 7 } } },
      'roles.rest.program: Invalid input: expected string, received number; it is 7',
    ],
    [{ roles: { rset: 'builtin' } }, 'rset'],
    [{ signup: 'maybe' }, 'signup: Invalid option: expected one of "open"|"closed"; it is "maybe"'],
    [{ singup: 'open' }, '(root): Unrecognized key: "singup"'],
  ])('%j is named with key and value', (changes, detail) => {
    expect(failureOf(changes)).toMatchObject({
      code: 'server_settings_invalid',
      message: expect.stringContaining(layout.serverFile),
      detail: expect.stringContaining(detail),
      suggestion: expect.stringMatching(/docs\/operating\.md.*`sfp doctor --tenant acme`/),
    });
  });
});
