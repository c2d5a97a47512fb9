import { z } from 'zod';
import { readJsonFile, writeJsonFile } from './atomic-file.ts';
import type { StackLayout } from './layout.ts';
import { noteProvenSettings } from './proven-settings.ts';
import { serverCommand } from './server-command.ts';

/** state.json: what is installed. */
const stackStateSchema = z.object({
  version: z.literal(1),
  platformVersion: z.string(),
  /** Set by the last step of init; a stack without it is resumed by running init again. */
  initialisedAt: z.string().nullable(),
  lastHealthyAt: z.string().nullable(),
  /** Version that was healthy last: when it is the running one, its database objects are known to be there. */
  lastHealthyVersion: z.string().nullable(),
  adminEmail: z.string().nullable(),
});
export type StackState = z.infer<typeof stackStateSchema>;

const emptyState = (platformVersion: string): StackState => ({
  version: 1,
  platformVersion,
  initialisedAt: null,
  lastHealthyAt: null,
  lastHealthyVersion: null,
  adminEmail: null,
});

export const readState = (layout: StackLayout): StackState | null =>
  readJsonFile(layout.stateFile, stackStateSchema, {
    code: 'stack_state_invalid',
    suggestion: `Move ${layout.stateFile} away and run \`${serverCommand(layout, 'start')}\`: it is written again.`,
  });

const writeState = (layout: StackLayout, state: StackState): void => writeJsonFile(layout.stateFile, state);

/** Whoever says that all is healthy now says it of the settings too. */
export function updateState(layout: StackLayout, platformVersion: string, change: Partial<StackState>): StackState {
  const state = { ...(readState(layout) ?? emptyState(platformVersion)), platformVersion, ...change };
  if (typeof change.lastHealthyAt === 'string') noteProvenSettings(layout);
  writeState(layout, state);
  return state;
}
