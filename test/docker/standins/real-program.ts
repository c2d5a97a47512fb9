import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Recipe } from './recipes.ts';

/** Where the real program of a role may be named, for an image around that instead of ours. */
const variables: Partial<Record<Recipe['name'], string>> = {
  rest: 'SFP_TEST_POSTGREST',
  auth: 'SFP_TEST_GOTRUE',
  realtime: 'SFP_TEST_REALTIME',
  hatchet: 'SFP_TEST_HATCHET',
};

/** Writes the build context around the real program, if one is named. */
export function writeRealContext({ name }: Recipe, dir: string): boolean {
  const variable = variables[name];
  const program = variable === undefined ? undefined : process.env[variable];
  if (program === undefined || program === '') return false;
  cpSync(new URL(`./real/${name}.Dockerfile`, import.meta.url), join(dir, 'Dockerfile'));
  cpSync(resolve(program), join(dir, 'program'), { recursive: true, dereference: true });
  return true;
}
