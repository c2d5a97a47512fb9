import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { appendJournal } from '../journal.ts';
import { makeStackDirectories, type StackLayout, stackLayout } from '../layout.ts';
import { updateState } from '../state.ts';
import { notInitialised } from './initialised.ts';

let layout: StackLayout;
beforeEach(() => {
  layout = stackLayout(mkdtempSync(join(tmpdir(), 'sfp-initialised-')), 'acme');
  makeStackDirectories(layout);
});
afterEach(() => rmSync(layout.baseDir, { recursive: true, force: true }));
const noted = (command: string): void => appendJournal(layout.journalFile, { command, step: 'x', result: 'done' });

it('tells files that were only rendered from an init that was interrupted', () => {
  noted('init --render-only');
  expect(notInitialised(layout)?.code).toBe('stack_only_rendered');
  noted('init');
  expect(notInitialised(layout)).toMatchObject({
    code: 'stack_incomplete',
    suggestion: `Finish it with \`sfp server init --tenant acme --base-dir ${layout.baseDir}\`.`,
  });
});

it('has nothing to say once init has come to its end', () => {
  noted('init');
  updateState(layout, '0.1.0', { initialisedAt: new Date().toISOString() });
  expect(notInitialised(layout)).toBeNull();
});
