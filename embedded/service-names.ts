import { roleNames } from '../stack/server-settings.ts';

/** Every service of an embedded stack, in the order of a start. */
export const serviceNames: readonly string[] = ['postgres', 'net', 'migrations', ...roleNames];
