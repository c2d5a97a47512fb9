import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readJsonFile, writeJsonFile } from '../../stack/atomic-file.ts';
import type { StackLayout } from '../../stack/layout.ts';

/** programs.json: which programs a stack runs. Names files and holds no secret. */
const programsSchema = z.object({
  /** Platform version that they are of. */
  version: z.string().min(1),
  /** The version and what is in them: equal ids are equal programs. */
  id: z.string().min(1),
  /** From the base directory, or absolute (a checkout). */
  dir: z.string().min(1),
  /** The supervisor's file below it. Its children are the programs beside it. */
  supervisor: z.string().min(1),
});
export type Programs = z.infer<typeof programsSchema>;

export const programsFileName = 'programs.json';

/** Where the copies of a base directory are. */
export const programsDir = (baseDir: string): string => join(baseDir, 'programs');

export const absoluteDir = (baseDir: string, { dir }: Programs): string => resolve(baseDir, dir);

export const supervisorFile = (baseDir: string, programs: Programs): string =>
  join(absoluteDir(baseDir, programs), programs.supervisor);

export const areThere = (baseDir: string, programs: Programs): boolean => existsSync(supervisorFile(baseDir, programs));

/** Null when there is no such file. */
export const readPrograms = (directory: string): Programs | null => {
  const path = join(directory, programsFileName);
  return readJsonFile(path, programsSchema, {
    code: 'stack_programs_invalid',
    suggestion: `Move ${path} away and start the stack again: it then runs the programs of the sfp that starts it.`,
  });
};

export const writePrograms = (directory: string, programs: Programs): void =>
  writeJsonFile(join(directory, programsFileName), programs);

/** What the stack starts with. */
export const installedPrograms = ({ dir }: StackLayout): Programs | null => readPrograms(dir);

/** What its supervisor was started from: it goes on with these when others are installed. */
export const recordRunning = ({ runDir }: StackLayout, programs: Programs): void => writePrograms(runDir, programs);

/** Says something only while a supervisor runs. */
export const runningPrograms = ({ runDir }: StackLayout): Programs | null => readPrograms(runDir);
