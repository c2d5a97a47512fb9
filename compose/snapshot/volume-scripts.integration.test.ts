import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  packClusterScript,
  packSeveralScript,
  packWalScript,
  placeScript,
  prepareScript,
  putBackScript,
  tidyScript,
  unpackScript,
  unpackSeveralScript,
} from './volume-scripts.ts';

// In memory where there is such a place: each script waits for the disk several times, and is run some hundred times.
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
let home: string;
let volume: string;

beforeEach(() => {
  home = mkdtempSync(join(scratch, 'sfp-volume-'));
  volume = join(home, 'volume');
  mkdirSync(volume);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const bash = (
  script: string,
  { args = [] as string[], input = Buffer.alloc(0) as Buffer, at = volume as string | undefined } = {},
) => spawnSync('bash', ['-euc', script, 'sfp', at ?? volume, ...args], { input, maxBuffer: 100_000_000 });

function ok(script: string, options: Parameters<typeof bash>[1] = {}): Buffer {
  const { status, stdout, stderr } = bash(script, options);
  expect(status, stderr.toString()).toBe(0);
  return stdout;
}

/** Ends the script with SIGKILL before its nth command; answers whether it came that far. */
const killedBefore = (script: string, count: number): boolean =>
  bash(`set -T\nn=0\ntrap '[ $((n += 1)) -lt ${count} ] || kill -9 $$' DEBUG\n${script}`).signal === 'SIGKILL';

const names = ['.hidden', '-a dash'];

function fill(directory: string, text: string, mode: number): void {
  for (const name of names) {
    mkdirSync(join(directory, name), { recursive: true });
    writeFileSync(join(directory, name, text), text);
  }
  chmodSync(directory, mode);
}

/** Whose entries are in place, and the mode of the root; one is enough to see only when all agree. */
function content(): { of: (string | undefined)[]; mode: number } {
  const of = readdirSync(volume)
    .filter((name) => !name.startsWith('.sfp-'))
    .map((name) => readdirSync(join(volume, name))[0]);
  return { of: [...new Set(of)], mode: statSync(volume).mode & 0o777 };
}

const incoming = { of: ['new'], mode: 0o700 };
const before = { of: ['old'], mode: 0o751 };
const nothing = { of: [], mode: 0o755 };

describe.each([
  ['over data', before],
  ['into an empty volume', nothing],
])('an exchange %s', (_where, had) => {
  const again = (): void => {
    rmSync(volume, { recursive: true });
    mkdirSync(volume);
    if (had === before) fill(volume, 'old', 0o751);
    else chmodSync(volume, 0o755);
    fill(join(volume, '.sfp-incoming'), 'new', 0o700);
  };
  beforeEach(again);

  it('goes on from a kill before any of its commands, and comes back from there too', () => {
    let count = 1;
    for (; killedBefore(placeScript, count); count += 1) {
      ok(placeScript);
      expect(content(), `killed before command ${count}`).toEqual(incoming);
      ok(putBackScript);
      expect(content(), `killed before command ${count}, put back`).toEqual(had);
      again();
      killedBefore(placeScript, count);
      ok(putBackScript);
      expect(content(), `put back from a kill before command ${count}`).toEqual(had);
      again();
    }
    expect(count).toBeGreaterThan(20);
  }, 120_000);

  it('comes back whole when the way back is killed before any of its commands', () => {
    ok(placeScript);
    let count = 1;
    for (; killedBefore(putBackScript, count); count += 1) {
      ok(putBackScript);
      expect(content(), `killed before command ${count}`).toEqual(had);
      again();
      ok(placeScript);
    }
    expect(count).toBeGreaterThan(15);
  }, 120_000);

  it('takes what was unpacked a second time in place of what the first had placed', () => {
    for (const count of [12, 20, 28, 36]) {
      killedBefore(placeScript, count);
      ok(prepareScript);
      fill(join(volume, '.sfp-incoming'), 'newer', 0o700);
      ok(placeScript);
      expect(content()).toEqual({ of: ['newer'], mode: 0o700 });
      ok(putBackScript);
      expect(content()).toEqual(had);
      again();
    }
  });

  it('leaves nothing of itself', () => {
    ok(placeScript);
    expect(ok(tidyScript).toString()).toBe('');
    expect(readdirSync(volume).sort()).toEqual([...names].sort());
    again();
    expect(ok(tidyScript).toString()).toBe(had === before ? '' : `${volume}\n`);
  });
});

it('packs a cluster without what belongs to the running server or to an exchange, and WAL with label and pg_control', () => {
  const files = {
    PG_VERSION: '17',
    'postmaster.pid': '1',
    'global/pg_control': 'control',
    'global/pg_internal.init': 'cache',
    'base/1/1234': 'table',
    'base/pgsql_tmp/pgsql_tmp1.0': 'sort',
    'pg_wal/000000010000000000000001': 'one',
    'pg_wal/000000010000000000000002': 'two',
    'pg_replslot/slot/state': 'slot',
    'pg_subtrans/0000': 'subtrans',
    '.sfp-replaced/PG_VERSION': '16',
    'pg_xact/0000': 'xact',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(volume, name, '..'), { recursive: true });
    writeFileSync(join(volume, name), text);
  }
  const cluster = ok(packClusterScript);
  const segment = '000000010000000000000002';
  const wal = ok(packWalScript, { args: [segment], input: Buffer.from('START WAL LOCATION') });
  const gone = bash(packWalScript, { args: ['000000010000000000000003'] });
  expect([gone.status, gone.stderr.toString()]).toEqual([
    1,
    expect.stringContaining('000000010000000000000003 is gone'),
  ]);

  const other = join(home, 'other');
  mkdirSync(other);
  ok(prepareScript, { at: other });
  for (const input of [cluster, wal]) ok(unpackScript, { at: other, input });
  ok(placeScript, { at: other });
  ok(tidyScript, { at: other });
  const kept = ['PG_VERSION', 'base/1/1234', 'pg_xact/0000', 'global/pg_control', `pg_wal/${segment}`] as const;
  const found = readdirSync(other, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(other.length + 1));
  expect(found.sort()).toEqual([...kept, 'backup_label'].sort());
  for (const name of kept)
    expect(readFileSync(join(other, name), 'utf8')).toBe(Object.entries(files).find(([key]) => key === name)?.[1]);
  expect(readFileSync(join(other, 'backup_label'), 'utf8')).toBe('START WAL LOCATION');
  for (const empty of ['pg_replslot', 'pg_subtrans', 'base']) expect(existsSync(join(other, empty))).toBe(true);
});

it('packs several volumes, without the Vault root key and what an exchange put aside', () => {
  const files = { 'db-config/conf.d/own.conf': 'own', 'hatchet-token/token': 'token' };
  const left = { 'db-config/pgsodium_root.key': 'key', 'hatchet-token/.sfp-replaced/token': 'old' };
  const put = (name: string, text: string): void => {
    mkdirSync(join(home, name, '..'), { recursive: true });
    writeFileSync(join(home, name), text);
  };
  for (const [name, text] of Object.entries({ ...files, ...left })) put(name, text);
  const [first, second] = ['db-config', 'hatchet-token'].map((name) => join(home, name));
  const input = ok(packSeveralScript, { at: first, args: [second ?? ''] });
  for (const name of Object.keys(files)) put(name, 'changed');
  rmSync(join(home, 'hatchet-token/.sfp-replaced'), { recursive: true });
  for (const script of [prepareScript, unpackSeveralScript, placeScript])
    ok(script, { at: first, args: [second ?? ''], input });
  for (const [name, text] of Object.entries(files)) expect(readFileSync(join(home, name), 'utf8')).toBe(text);
  expect(existsSync(join(home, 'db-config/pgsodium_root.key'))).toBe(false);
  ok(putBackScript, { at: first, args: [second ?? ''] });
  expect(readFileSync(join(home, 'hatchet-token/token'), 'utf8')).toBe('changed');
  expect(readFileSync(join(home, 'db-config/pgsodium_root.key'), 'utf8')).toBe('key');
});

it('notices an archive that was cut off', () => {
  writeFileSync(join(volume, 'file'), 'x'.repeat(50_000));
  const whole = ok(packClusterScript);
  ok(prepareScript);
  expect(bash(unpackScript, { input: whole.subarray(0, whole.length - 20) }).status).not.toBe(0);
});
