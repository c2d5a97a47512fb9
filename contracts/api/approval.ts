import { z } from 'zod';

/** POST /api/v1/deployments/{id}/approve, and reject */
export const decideDeploymentSchema = z.strictObject({ comment: z.string().max(2_000).default('') });
