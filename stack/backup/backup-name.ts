import type { StackLayout } from '../layout.ts';
import { stackId } from '../layout.ts';

/** `20261121T131500Z-0.1.0`: sorts by time. */
export const backupName = (at: Date, platformVersion: string): string =>
  `${at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:]/g, '')}-${platformVersion.replace(/[^0-9A-Za-z.+-]/g, '_')}`;

export const isBackupName = (name: string): boolean => /^\d{8}T\d{6}Z-[0-9A-Za-z.+_-]+$/.test(name);

/** Of what is not (or no longer) a whole backup. Names the stack, because stacks may share a directory for backups. */
export const scratchPrefix = ({ tenant, dir }: StackLayout): string => `.${tenant}.${stackId(dir)}.`;
