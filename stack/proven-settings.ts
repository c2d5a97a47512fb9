import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readTextFile, writeTextFile } from './atomic-file.ts';
import type { StackLayout } from './layout.ts';
import type { StackRuntime } from './runtime.ts';
import type { Stack } from './stack.ts';

/** server.json as it was when all of the stack was healthy with it: what an update that applies changed settings goes back to. */
export const provenSettingsFile = ({ dir }: StackLayout): string => join(dir, 'server.proven.json');

/** server.json that an update came back from, for the operator. */
const refusedFile = ({ dir }: StackLayout): string => join(dir, 'server.refused.json');

/** The stack is healthy, and runs with what server.json says. */
export function noteProvenSettings(layout: StackLayout): void {
  const text = readTextFile(layout.serverFile);
  if (text !== null && text !== readTextFile(provenSettingsFile(layout)))
    writeTextFile(provenSettingsFile(layout), text);
}

/** The same after some services were restarted: the others may run with earlier settings. */
export async function noteSettingsInEffect(runtime: StackRuntime, stack: Stack): Promise<void> {
  if ((await runtime.outdated(stack)).length === 0) noteProvenSettings(stack.layout);
}

/** Puts them in place of a server.json that was changed since; that one stays beside it. May be called again after a kill in it. */
export function putProvenSettingsBack(layout: StackLayout): void {
  const proven = readTextFile(provenSettingsFile(layout));
  const current = readTextFile(layout.serverFile);
  if (proven === null || current === null || proven === current) return;
  writeTextFile(refusedFile(layout), current);
  writeTextFile(layout.serverFile, proven);
}

export const forgetRefusedSettings = (layout: StackLayout): void => rmSync(refusedFile(layout), { force: true });

/** Null when the settings were not put back. */
export const refusedSettings = (layout: StackLayout): string | null =>
  existsSync(refusedFile(layout)) ? refusedFile(layout) : null;
