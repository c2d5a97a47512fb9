import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { approvalSchema } from '../../../contracts/approval.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { approvalRowSchema, toApproval } from '../../rows/approval.ts';
import { fetchRows } from '../../services/database.ts';
import { findDeployment } from '../deployments/find.ts';

const route = createRoute({
  method: 'get',
  path: '/deployments/{id}/approvals',
  tags: ['Deployments'],
  summary: 'Who approved or rejected a deployment, oldest first',
  description:
    'One entry a person, at most as many as the account has members, so there are no pages. `counts` is false for who is no longer among the approvers.',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }) },
  responses: { 200: jsonAnswer(z.object({ items: z.array(approvalSchema) }), 'All of them'), ...problems },
});

export const listApprovals: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { id } = await findDeployment(db, c.req.valid('param').id);
    const rows = await fetchRows(db.rpc('list_approvals', { p_deployment_id: id }), z.array(approvalRowSchema));
    return c.json({ items: rows.map(toApproval) }, 200);
  });
