import { type StackLayout, stackLayout } from './layout.ts';
import { requireSecrets, type StackSecrets } from './secrets.ts';
import { requireServerSettings, type ServerSettings } from './server-settings.ts';

/** A stack that has been initialised on disk. */
export interface Stack {
  layout: StackLayout;
  settings: ServerSettings;
  secrets: StackSecrets;
}

/** Reads and checks the files of an existing stack; an SfpError says which file is missing or wrong. */
export function openStack(baseDir: string, tenant: string): Stack {
  const layout = stackLayout(baseDir, tenant);
  const settings = requireServerSettings(layout);
  return { layout, settings, secrets: requireSecrets(layout) };
}
