import { z } from 'zod';
import { uuidSchema } from '../scalar.ts';
import { poolSchema } from '../task.ts';
import { buildChoiceSchema } from './release.ts';

/** What a deployment deploys; at most one of them, the project's default ref when there is none. */
const contents = ['ref', 'build', 'release', 'source'] as const;

/** `project` and `environment` take an id or a slug. */
export const createDeploymentSchema = z
  .object({
    project: z.string().min(1),
    environment: z.string().min(1),
    /** Branch, tag or commit; the project's default ref when left out. */
    ref: z.string().min(1).max(250).optional(),
    pool: poolSchema.default('standard'),
    /** Id or number of a build of the project. */
    build: buildChoiceSchema.optional(),
    /** Id or name of a release that has a build of the project. */
    release: z.string().min(1).optional(),
    /** A successful deployment of the project, whose build is deployed again: a promotion, or a rollback in its own environment. */
    source: uuidSchema.optional(),
    /** A ticket that the caller holds: the deployment runs inside that lock. */
    lockTicket: uuidSchema.optional(),
  })
  .refine((wanted) => contents.filter((content) => wanted[content] !== undefined).length <= 1, {
    message: 'one of ref, build, release and source',
    path: ['ref'],
  });
