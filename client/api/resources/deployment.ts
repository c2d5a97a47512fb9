import type { z } from 'zod';
import type { createDeploymentSchema } from '../../../contracts/api/deployment.ts';
import type { deploymentQuerySchema } from '../../../contracts/api/history.ts';
import {
  type createPromotionSchema,
  type createRollbackSchema,
  repeatedDeploymentSchema,
} from '../../../contracts/api/promotion.ts';
import { deploymentSchema } from '../../../contracts/deployment.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { at, type Body, type Creating, type Http, type Page, page } from '../request.ts';

export type DeploymentFilter = Omit<z.input<typeof deploymentQuerySchema>, 'cursor' | 'limit'>;

export const deployments = (http: Http) => ({
  list: ({ cursor, limit, signal, ...filter }: DeploymentFilter & Page = {}) =>
    http({
      method: 'GET',
      path: '/deployments',
      query: { ...filter, ...page({ cursor, limit }) },
      answer: pageSchema(deploymentSchema),
      signal,
    }),
  get: (id: string) => http({ method: 'GET', path: at('deployments', id), answer: deploymentSchema }),
  create: (body: Body<typeof createDeploymentSchema>, creates: Creating = {}) =>
    http({ method: 'POST', path: '/deployments', body, creates, answer: deploymentSchema }),
  /** Takes what one environment has to another: the same build. `made` is false when there was nothing to do. */
  promote: (body: Body<typeof createPromotionSchema>, creates: Creating = {}) =>
    http({ method: 'POST', path: '/promotions', body, creates, answer: repeatedDeploymentSchema }),
  /** Takes an environment back to what it had. */
  rollback: (body: Body<typeof createRollbackSchema>, creates: Creating = {}) =>
    http({ method: 'POST', path: '/rollbacks', body, creates, answer: repeatedDeploymentSchema }),
  cancel: (id: string) => http({ method: 'POST', path: at('deployments', id, 'cancel'), answer: deploymentSchema }),
  /** Runs what did not succeed again, as a new task of the same deployment. */
  retry: (id: string, creates: Creating = {}) =>
    http({ method: 'POST', path: at('deployments', id, 'retry'), creates, answer: deploymentSchema }),
});
