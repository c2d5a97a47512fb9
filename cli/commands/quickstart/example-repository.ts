import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { SfpError } from '../../../contracts/error.ts';

/** examples/ is three folders up in a checkout and four from the built files. */
function exampleDir(name: string): string {
  for (const up of ['../../../', '../../../../']) {
    const path = fileURLToPath(new URL(`${up}examples/${name}`, import.meta.url));
    if (existsSync(join(path, 'sfp.yaml'))) return path;
  }
  throw new SfpError({
    code: 'example_missing',
    message: `The example "${name}" is not part of this installation.`,
    suggestion: 'Install sfp again.',
  });
}

/** Nothing of the person's own git settings: no hooks, no signing, no other default branch. */
const gitEnv = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'sfp quickstart',
  GIT_AUTHOR_EMAIL: 'quickstart@sfp.local',
  GIT_COMMITTER_NAME: 'sfp quickstart',
  GIT_COMMITTER_EMAIL: 'quickstart@sfp.local',
};

/**
 * A git repository with the example's files on branch main. One that has a commit is the person's own by now and is left
 * alone. Returns its directory.
 */
export async function exampleRepository(name: string, directory: string): Promise<string> {
  const source = exampleDir(name);
  mkdirSync(directory, { recursive: true });
  const git = (args: readonly string[], options: { reject?: boolean } = {}) =>
    execa('git', ['-c', 'core.hooksPath=/dev/null', ...args], { cwd: directory, env: gitEnv, ...options });
  await git(['init', '--quiet', '--initial-branch=main']);
  if ((await git(['rev-parse', '--verify', '--quiet', 'HEAD'], { reject: false })).exitCode === 0) return directory;
  cpSync(source, directory, { recursive: true });
  await git(['add', '--all']);
  await git(['commit', '--quiet', '--message', `Example ${name}`]);
  return directory;
}
