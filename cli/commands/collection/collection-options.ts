import type { Collection } from '../../../contracts/document.ts';

export const collectionArgument = { completes: 'collection', summary: 'Name or id of the collection' } as const;

export const limitOptions = {
  maxBytes: {
    type: 'integer',
    value: 'bytes',
    min: 1_024,
    max: 1_048_576,
    summary: 'Largest document (256 KiB unless told, 1 MiB at most)',
  },
  keepVersions: {
    type: 'integer',
    value: 'count',
    min: 0,
    max: 1_000,
    summary: 'Versions kept of each document before the current one (20 unless told)',
  },
} as const;

export const storageTone = {
  shared: 'dim',
  copying: 'yellow',
  switching: 'yellow',
  dedicated: 'green',
} as const satisfies Record<Collection['storage'], string>;

export const indexText = ({ path, type }: Collection['indexes'][number]): string => `${path}:${type}`;
