import { UsageError } from '../../usage-error.ts';

export const releaseArgument = { release: { completes: 'release', summary: 'Name or id' } } as const;
export const ifVersionOption = {
  ifVersion: { type: 'integer', value: 'number', min: 1, summary: 'Only when it still is this version' },
} as const;
export const buildOption = {
  build: { type: 'string', value: 'build', summary: 'Its number or id; the newest that succeeded when left out' },
} as const;

/** A build as a person names it: `12` is a number in its project, everything else an id. */
export const buildChoice = (text: string): string | number => (/^\d{1,9}$/.test(text) ? Number(text) : text);

/** Project and build of a `site` or a `site=12`. */
export function projectBuild(text: string): { project: string; build?: string | number } {
  const [project = '', build, more] = text.split('=');
  if (project === '' || build === '' || more !== undefined) {
    throw new UsageError(`--build ${text} names no build of a project.`, 'Write --build site=12, or --build site.');
  }
  return { project, ...(build === undefined ? {} : { build: buildChoice(build) }) };
}
