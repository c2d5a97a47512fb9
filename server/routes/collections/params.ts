import { z } from 'zod';
import { documentKeySchema } from '../../../contracts/document.ts';

/** Id or name. */
const collection = z.string().min(1).max(100);

export const collectionParams = z.object({ collection });
/** A key's slashes come as %2F: it is one segment of the path. */
export const documentParams = z.object({ collection, key: documentKeySchema });
