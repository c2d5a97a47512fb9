import { SfpError } from '../../../contracts/error.ts';
import type { StackLayout } from '../../../stack/layout.ts';
import { readServerSettings } from '../../../stack/server-settings.ts';

/** The domain of a stack; undefined where it has none or its settings cannot be read. */
export function domainOf(layout: StackLayout): string | undefined {
  try {
    return readServerSettings(layout)?.domain;
  } catch (error) {
    if (error instanceof SfpError) return undefined;
    throw error;
  }
}
