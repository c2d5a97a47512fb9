import { collectionArgument } from '../collection/collection-options.ts';

export const documentArguments = {
  collection: collectionArgument,
  key: { summary: 'Key of the document; it may contain slashes' },
} as const;
