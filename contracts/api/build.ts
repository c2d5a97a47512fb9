import { z } from 'zod';
import { buildStatusSchema } from '../build.ts';
import { pageQuerySchema } from '../scalar.ts';
import { poolSchema } from '../task.ts';

/** `project` takes an id or a slug. */
export const createBuildSchema = z.object({
  project: z.string().min(1),
  /** Branch, tag or commit; the project's default ref when left out. */
  ref: z.string().min(1).max(250).optional(),
  pool: poolSchema.default('standard'),
});

export const buildQuerySchema = pageQuerySchema.extend({
  /** Id or slug. */
  project: z.string().optional(),
  status: buildStatusSchema.optional(),
  /** Exactly this branch, tag or commit as it was asked for. */
  ref: z.string().optional(),
  /** The beginning of a commit id. */
  commit: z
    .string()
    .regex(/^[0-9a-f]{4,40}$/, 'the first 4 to 40 digits of a commit id')
    .optional(),
  /** Part of the ref, whatever its case. */
  text: z.string().max(100).optional(),
});

/** A build by its id, or by its number in a project. */
export const buildIdSchema = z.string().regex(/^([1-9]\d{0,8}|[0-9a-fA-F-]{36})$/, 'the id of a build, or its number');
/** With a number: in which project, id or slug. */
export const inProjectSchema = z.object({ project: z.string().optional() });
