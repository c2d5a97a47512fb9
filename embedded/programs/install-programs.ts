import { existsSync } from 'node:fs';
import { SfpError } from '../../contracts/error.ts';
import type { StackLayout } from '../../stack/layout.ts';
import { serverCommand } from '../../stack/server-command.ts';
import { checkoutPrograms, type PackagedPrograms, packagedPrograms } from './packaged-programs.ts';
import { linkPostgres, missingLink, placePrograms } from './place-programs.ts';
import {
  absoluteDir,
  areThere,
  installedPrograms,
  type Programs,
  programsDir,
  supervisorFile,
  writePrograms,
} from './programs.ts';
import { withProgramsLock } from './programs-lock.ts';
import { prunePrograms } from './prune-programs.ts';

/** The programs that this code would install. */
export const ownPrograms = (version: string): Programs | PackagedPrograms =>
  checkoutPrograms(version) ?? packagedPrograms(version);

/** Makes this version's programs ready in the base directory; no stack uses them by that. */
export async function preparePrograms(baseDir: string, version: string): Promise<Programs> {
  const programs = ownPrograms(version);
  if (!isReady(baseDir, programs)) await withProgramsLock(baseDir, () => place(baseDir, programs));
  return programs;
}

/** Points a stack at this version's programs, from the next start of its supervisor on. */
export async function installPrograms(layout: StackLayout, version: string): Promise<Programs> {
  const own = ownPrograms(version);
  const { dir, id, supervisor } = own;
  const programs: Programs = { version, id, dir, supervisor };
  if (isSame(installedPrograms(layout), programs) && isReady(layout.baseDir, own)) return programs;
  await withProgramsLock(layout.baseDir, async () => {
    await place(layout.baseDir, own);
    writePrograms(layout.dir, programs);
    prunePrograms(layout.baseDir);
  });
  return programs;
}

/** What is left of a stack that is being removed, in the base directory. */
export async function uninstallPrograms({ baseDir, dir }: StackLayout): Promise<void> {
  if (existsSync(programsDir(baseDir))) await withProgramsLock(baseDir, async () => prunePrograms(baseDir, dir));
}

/**
 * What a start runs: what is installed, and this version's where nothing was yet.
 * @throws SfpError `programs_missing` when what is installed is gone and is not what this package has.
 */
export async function startablePrograms(layout: StackLayout, version: string): Promise<Programs> {
  const installed = installedPrograms(layout);
  const own = ownPrograms(version);
  if (installed === null || installed.id === own.id) return installPrograms(layout, version);
  if (!areThere(layout.baseDir, installed)) throw programsMissing(layout, installed);
  // A package that was put elsewhere (another Node, another prefix) took the link's target with it.
  const dir = absoluteDir(layout.baseDir, installed);
  if ('source' in own && installed.dir !== dir && missingLink(dir, own.source.root) !== null) {
    await withProgramsLock(layout.baseDir, async () => linkPostgres(dir, own.source.root));
  }
  return installed;
}

export const isSame = (one: Programs | null, other: Programs): boolean =>
  one !== null && one.id === other.id && one.dir === other.dir;

const place = async (baseDir: string, programs: Programs | PackagedPrograms): Promise<void> => {
  if ('source' in programs) await placePrograms(baseDir, programs);
};

const isReady = (baseDir: string, programs: Programs | PackagedPrograms): boolean =>
  areThere(baseDir, programs) &&
  !('source' in programs && missingLink(absoluteDir(baseDir, programs), programs.source.root) !== null);

const programsMissing = (layout: StackLayout, programs: Programs): SfpError =>
  new SfpError({
    code: 'programs_missing',
    message: `Stack "${layout.tenant}" runs the programs of sfp ${programs.version}, and they are not there any more.`,
    detail: `${supervisorFile(layout.baseDir, programs)} is missing.`,
    suggestion: `Put them back: \`npm install --global sfp@${programs.version}\` and \`${serverCommand(layout, 'start')}\`. Or go on with this version: \`${serverCommand(layout, 'update')}\`.`,
  });
