import { z } from 'zod';
import { uuidSchema } from '../scalar.ts';
import { poolSchema } from '../task.ts';

/** `project` and `environment` take an id or a slug. */
export const createDeploymentSchema = z.object({
  project: z.string().min(1),
  environment: z.string().min(1),
  /** Branch, tag or commit; the project's default ref when left out. */
  ref: z.string().min(1).max(250).optional(),
  pool: poolSchema.default('standard'),
  /** A ticket that the caller holds: the deployment runs inside that lock. */
  lockTicket: uuidSchema.optional(),
});
