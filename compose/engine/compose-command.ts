import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StackLayout } from '../../stack/layout.ts';
import { projectName } from '../project.ts';
import { type DockerCall, docker } from './docker-command.ts';
import { commandMarks, endOrphans } from './orphans.ts';

const overrideName = 'compose.override.yaml';

/** `docker compose` on the files of one stack; the operator's own additions with it, where there are any. */
function composeArguments({ dir, tenant }: StackLayout): string[] {
  const override = join(dir, overrideName);
  return [
    'compose',
    '--project-directory',
    dir,
    '--project-name',
    projectName(tenant),
    '--file',
    join(dir, 'compose.yaml'),
    ...(existsSync(override) ? ['--file', override] : []),
  ];
}

const call = (layout: StackLayout, of: DockerCall): DockerCall => ({
  ...of,
  args: [...composeArguments(layout), ...of.args],
  env: { ...of.env, ...commandMarks(layout) },
});

/** Runs a Compose command to its end and answers its stdout. Those of a command that was killed are ended first. */
export async function compose(layout: StackLayout, of: DockerCall): Promise<string> {
  await endOrphans(layout);
  return docker(call(layout, of));
}
