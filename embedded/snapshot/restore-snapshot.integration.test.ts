import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { restorePlace } from '../../stack/backup/restore-place.ts';
import { placeFiles, putFilesBack } from '../../stack/backup/stack-files.ts';
import { stackLayout } from '../../stack/layout.ts';
import { restoreSnapshot } from './restore-snapshot.ts';

const layout = () => stackLayout(home, 'acme');
const names = ['secrets.json', 'state.json', 'server.json'];
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sfp-exchange-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function fill(dir: string, text: string): void {
  mkdirSync(join(dir, 'data'), { recursive: true });
  for (const name of [...names, 'data/vault.key']) writeFileSync(join(dir, name), text);
}

const content = (): (string | null)[] =>
  [...names, 'data/vault.key'].map((name) => {
    const path = join(layout().dir, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : null;
  });

/** What a kill in the middle of the exchange leaves, made by undoing the end of one or doing the beginning of one. */
const states: Record<string, (had: boolean) => Promise<void>> = {
  'before anything': async () => undefined,
  'data aside, none in place': async (had) => {
    const { replacedDir } = restorePlace(layout());
    mkdirSync(replacedDir, { recursive: true });
    if (had) cpSync(layout().dataDir, join(replacedDir, 'data'), { recursive: true });
    else mkdirSync(join(replacedDir, 'data'));
    rmSync(layout().dataDir, { recursive: true, force: true });
  },
  'data in place': () => restoreSnapshot(layout()).place(),
  'some files in place': async () => {
    await restoreSnapshot(layout()).place();
    const { incomingDir } = restorePlace(layout());
    const held = readFileSync(join(incomingDir, 'server.json'));
    rmSync(join(incomingDir, 'server.json'));
    placeFiles(layout());
    writeFileSync(join(incomingDir, 'server.json'), held);
  },
  everything: async () => {
    await restoreSnapshot(layout()).place();
    placeFiles(layout());
  },
  'half put back': async () => {
    await restoreSnapshot(layout()).place();
    placeFiles(layout());
    await restoreSnapshot(layout()).putBack();
  },
};

describe.each([
  ['over a stack', true],
  ['in an empty place', false],
] as const)('%s', (_where, had) => {
  beforeEach(() => {
    mkdirSync(layout().dir, { recursive: true });
    if (had) fill(layout().dir, 'old');
    fill(restorePlace(layout()).incomingDir, 'new');
  });

  test.each(Object.keys(states).filter((state) => state !== 'half put back'))('goes on from: %s', async (state) => {
    await states[state]?.(had);
    await restoreSnapshot(layout()).place();
    placeFiles(layout());
    expect(content()).toEqual(['new', 'new', 'new', 'new']);
    await restoreSnapshot(layout()).putBack();
    putFilesBack(layout(), had ? names : []);
    expect(content()).toEqual(had ? ['old', 'old', 'old', 'old'] : [null, null, null, null]);
  });

  test.each(Object.keys(states))('puts back from: %s', async (state) => {
    await states[state]?.(had);
    for (let turn = 0; turn < 2; turn += 1) {
      await restoreSnapshot(layout()).putBack();
      putFilesBack(layout(), had ? names : []);
      expect(content()).toEqual(had ? ['old', 'old', 'old', 'old'] : [null, null, null, null]);
    }
    expect(readdirSync(restorePlace(layout()).dir)).toContain('incoming');
  });
});
