import { z } from 'zod';
import { slugSchema } from '../scalar.ts';

/** Bodies of the POST requests that create something. Every one of them honours `Idempotency-Key`. */
export const createAccountSchema = z.object({ slug: slugSchema, name: z.string().min(1).max(120) });
