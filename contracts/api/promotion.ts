import { z } from 'zod';
import { deployedSchema } from '../deployed.ts';
import { deploymentSchema } from '../deployment.ts';
import { uuidSchema } from '../scalar.ts';
import { poolSchema } from '../task.ts';

/** POST /api/v1/promotions. `project`, `from` and `to` take an id or a slug. */
export const createPromotionSchema = z.strictObject({
  project: z.string().min(1),
  from: z.string().min(1),
  to: z.string().min(1),
  /** Also when the target has that build already, or will soon. */
  again: z.boolean().default(false),
  pool: poolSchema.default('standard'),
});

/** POST /api/v1/rollbacks. `project` and `environment` take an id or a slug. */
export const createRollbackSchema = z.strictObject({
  project: z.string().min(1),
  environment: z.string().min(1),
  /** A successful deployment of that environment; the one before the current when left out. */
  to: uuidSchema.optional(),
  pool: poolSchema.default('standard'),
});

/** What came of either. */
export const repeatedDeploymentSchema = z.object({
  /** False: the environment has that build already, or it is on its way there; `deployment` is that one. */
  made: z.boolean(),
  deployment: deploymentSchema,
  /** What is deployed: what the source had. */
  source: deployedSchema,
});
export type RepeatedDeployment = z.infer<typeof repeatedDeploymentSchema>;
