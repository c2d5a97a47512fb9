import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile, readTextFile, writeJsonFile, writeTextFile } from '../../atomic-file.ts';
import type { StackLayout } from '../../layout.ts';
import { provenSettingsFile } from '../../proven-settings.ts';
import { copyAside, partialOf, putCopyBack } from './copy-aside.ts';

const keptSchema = z.object({
  version: z.literal(1),
  /** The version whose files these are. */
  from: z.string(),
  /** The version that took its place. */
  to: z.string(),
  at: z.string(),
  /** The newest migration of its database. */
  schemaVersion: z.number().int(),
  /** Its backup. */
  backup: z.string(),
  /** What was looked for; what is not there did not exist. */
  paths: z.array(z.string()),
});
type KeptFacts = z.infer<typeof keptSchema>;

/** The files of a version that an update replaced: `versions/<version>/`. */
export interface KeptVersion extends KeptFacts {
  dir: string;
}

const versionsDir = (layout: StackLayout): string => join(layout.dir, 'versions');
const factsName = 'version.json';
/** What the operator and the platform wrote, beside what an install writes. */
const settingsFiles = ['server.json', 'secrets.json', 'images.lock.json'] as const;

/** Copies the files of the installed version aside, whole and on disk when it resolves. An earlier copy of the version goes. */
export async function keepVersion(
  layout: StackLayout,
  installed: readonly string[],
  facts: Omit<KeptFacts, 'version' | 'at' | 'paths'>,
): Promise<void> {
  const paths = [...new Set([...installed, ...settingsFiles])];
  const kept: KeptFacts = { version: 1, ...facts, at: new Date().toISOString(), paths };
  await copyAside(layout, paths, join(versionsDir(layout), facts.from), (copy) => {
    // The version has not run with settings that were changed since: they may be what fails.
    const proven = readTextFile(provenSettingsFile(layout));
    if (proven !== null) writeTextFile(join(copy, 'server.json'), proven);
    writeJsonFile(join(copy, factsName), kept);
  });
}

/** Puts the files in place of what is there; what the version did not have goes. May be called again after a kill in it. */
export function putVersionBack(
  layout: StackLayout,
  kept: KeptVersion,
  { installed, settings }: { installed: readonly string[]; settings: boolean },
): void {
  const mine: readonly string[] = settingsFiles;
  const paths = [...new Set([...kept.paths, ...installed])].filter((path) => settings || !mine.includes(path));
  putCopyBack(layout, paths, kept.dir);
}

/** Kept versions, the newest first. */
export function keptVersions(layout: StackLayout): KeptVersion[] {
  const dir = versionsDir(layout);
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => {
      const facts = readJsonFile(join(dir, name, factsName), keptSchema, {
        code: 'kept_version_invalid',
        suggestion: `Remove ${join(dir, name)}: without it that version cannot be rolled back to.`,
      });
      return facts === null ? [] : [{ ...facts, dir: join(dir, name) }];
    })
    .sort((a, b) => b.at.localeCompare(a.at));
}

export const keptVersion = (layout: StackLayout, version: string): KeptVersion | null =>
  keptVersions(layout).find(({ from }) => from === version) ?? null;

export function removeKeptVersion(layout: StackLayout, version: string): void {
  const dir = join(versionsDir(layout), version);
  for (const path of [dir, partialOf(dir)]) rmSync(path, { recursive: true, force: true });
}
