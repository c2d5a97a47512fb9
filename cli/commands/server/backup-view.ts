import type { BackupEntry } from '../../../stack/backup/catalogue.ts';
import type { TextView } from '../../output/output.ts';
import type { Tone } from '../../output/style.ts';
import { table } from '../../output/table.ts';

const tones: Record<BackupEntry['status'], Tone> = { complete: 'green', verified: 'green', damaged: 'red' };

export const byteText = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;

const orEmpty = (value: string | number | null): string => (value === null ? '' : String(value));

export const backupsView = (entries: readonly BackupEntry[], tenant: string): TextView =>
  table(
    [
      { title: 'name', value: ({ name }) => name },
      { title: 'status', value: ({ status }) => status, tone: ({ status }) => tones[status] },
      { title: 'version', value: ({ platformVersion }) => orEmpty(platformVersion) },
      { title: 'schema', value: ({ schemaVersion }) => orEmpty(schemaVersion) },
      { title: 'encrypted', value: ({ encrypted }) => (encrypted === null ? '' : encrypted ? 'yes' : 'no') },
      { title: 'size', value: ({ bytes }) => (bytes === null ? '' : byteText(bytes)) },
      { title: 'problem', value: ({ problem }) => problem?.message ?? '' },
    ],
    entries,
    `No backups. Make one with: sfp server backup --tenant ${tenant}`,
  );
