import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StackLayout } from '../../stack/layout.ts';
import { overrideFile } from '../override-file.ts';
import { projectName } from '../project.ts';
import { type DockerCall, docker } from './docker-command.ts';
import { commandMarks, endOrphans } from './orphans.ts';

/** `docker compose` on the files of one stack; the operator's own additions with it, where there are any. */
function composeArguments(layout: StackLayout): string[] {
  const { dir, tenant } = layout;
  const override = overrideFile(layout);
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

/** Runs a Compose command to its end and answers its stdout. Those of a command that was killed are ended first. */
export async function compose(layout: StackLayout, of: DockerCall): Promise<string> {
  await endOrphans(layout);
  const args = [...composeArguments(layout), ...of.args];
  return docker({ ...of, args, env: { ...of.env, ...commandMarks(layout) } });
}
