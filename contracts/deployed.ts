import { z } from 'zod';
import { deploymentOriginSchema } from './deployment.ts';
import { timestampSchema, uuidSchema } from './scalar.ts';

/** What a successful deployment brought to its environment. */
export const deployedSchema = z.object({
  deploymentId: uuidSchema,
  origin: deploymentOriginSchema,
  ref: z.string(),
  commitSha: z.string().nullable(),
  /** Null: it kept none, so that nothing can be promoted or gone back to. */
  build: z.object({ id: uuidSchema, number: z.number().int() }).nullable(),
  release: z.object({ id: uuidSchema, name: z.string() }).nullable(),
  requestedBy: uuidSchema.nullable(),
  /** Since when it was there. */
  finishedAt: timestampSchema.nullable(),
});
export type Deployed = z.infer<typeof deployedSchema>;
