import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { schemaVersion } from '../../contracts/schema-version.ts';
import { platformMigrations } from './migrations.ts';
import { releasesBetween, requiredStop } from './range.ts';
import type { Release } from './release.ts';
import { releases } from './releases.ts';

const release = (version: string, stop = false): Release => ({
  version,
  schemaVersion: 1,
  notes: [],
  breaking: [],
  requiredStop: stop,
});
const some = [release('0.1.0'), release('0.2.0', true), release('0.3.0'), release('0.4.0', true)];
const versions = (list: readonly Release[]): string[] => list.map(({ version }) => version);

it('an update passes the versions after the installed one, its own included', () => {
  expect(versions(releasesBetween(some, '0.1.0', '0.3.0'))).toEqual(['0.2.0', '0.3.0']);
  expect(versions(releasesBetween(some, '0.3.0', '0.3.0'))).toEqual([]);
});

it('a required stop in between holds an update up, one at either end does not', () => {
  expect(requiredStop(some, '0.1.0', '0.3.0')?.version).toBe('0.2.0');
  expect(requiredStop(some, '0.1.0', '0.2.0')).toBeNull();
  expect(requiredStop(some, '0.2.0', '0.4.0')).toBeNull();
});

it('the last release is this version, with the migrations that are here', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(releases.at(-1)).toMatchObject({ version, schemaVersion });
  expect(platformMigrations().map((migration) => migration.version)).toEqual(
    Array.from({ length: schemaVersion }, (_, index) => index + 1),
  );
});
