import { z } from 'zod';
import { deploymentStatusSchema } from '../deployment.ts';
import { pageQuerySchema, timestampSchema } from '../scalar.ts';
import { taskStatusSchema, taskTypeSchema } from '../task.ts';

const historyQuerySchema = pageQuerySchema.extend({
  /** Id or slug. */
  project: z.string().min(1).optional(),
  /** Id, or a slug together with a project. */
  environment: z.string().min(1).optional(),
  /** Who asked for it: user id, e-mail address of a member, or `me`. */
  requester: z.string().min(1).max(320).optional(),
  /** Exactly this branch, tag or commit, as it was asked for. */
  ref: z.string().min(1).max(250).optional(),
  since: timestampSchema.optional(),
  until: timestampSchema.optional(),
  /** Beginnings of words, all of which are in the ref, the commit, its subject or the failure. */
  q: z.string().min(1).max(200).optional(),
});

/** GET /api/v1/deployments */
export const deploymentQuerySchema = historyQuerySchema.extend({ status: deploymentStatusSchema.optional() });

/** GET /api/v1/tasks: requester, ref and words of a task are its deployment's. */
export const taskQuerySchema = historyQuerySchema.extend({
  status: taskStatusSchema.optional(),
  type: taskTypeSchema.optional(),
});
