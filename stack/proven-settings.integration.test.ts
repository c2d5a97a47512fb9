import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type StackLayout, stackLayout } from './layout.ts';
import { forgetRefusedSettings, putProvenSettingsBack, refusedSettings } from './proven-settings.ts';
import { updateState } from './state.ts';

let baseDir: string;
let layout: StackLayout;

beforeEach(() => {
  baseDir = mkdtempSync(join(tmpdir(), 'sfp-proven-'));
  layout = stackLayout(baseDir, 'acme');
  mkdirSync(layout.dir, { recursive: true });
});
afterEach(() => rmSync(baseDir, { recursive: true, force: true }));

const write = (text: string): void => writeFileSync(layout.serverFile, text);
const settings = (): string => readFileSync(layout.serverFile, 'utf8');

it('puts the settings of the last healthy moment back and keeps the others, also when it was killed in between', () => {
  write('proven');
  updateState(layout, '1.0.0', { lastHealthyAt: new Date().toISOString() });
  write('changed');
  putProvenSettingsBack(layout);
  putProvenSettingsBack(layout);
  expect(settings()).toBe('proven');
  expect(readFileSync(refusedSettings(layout) ?? '', 'utf8')).toBe('changed');
  forgetRefusedSettings(layout);
  expect(refusedSettings(layout)).toBeNull();
});

it('leaves settings alone that nobody has proven, or that are the proven ones', () => {
  write('first');
  updateState(layout, '1.0.0', { adminEmail: 'admin@example.com' });
  putProvenSettingsBack(layout);
  expect([settings(), refusedSettings(layout)]).toEqual(['first', null]);
  updateState(layout, '1.0.0', { lastHealthyAt: new Date().toISOString() });
  putProvenSettingsBack(layout);
  expect([settings(), refusedSettings(layout)]).toEqual(['first', null]);
});
