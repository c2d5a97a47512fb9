import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { auditQuerySchema } from '../../../contracts/api/audit.ts';
import { auditEntrySchema } from '../../../contracts/audit-entry.ts';
import { pageSchema, uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPageBy } from '../../http/cursor.ts';
import { auditColumns, auditRowSchema, toAuditEntry } from '../../rows/audit-entry.ts';
import { fetchRows } from '../../services/database.ts';

const route = createRoute({
  method: 'get',
  path: '/audit',
  tags: ['Audit'],
  summary: 'The audit log of the accounts the caller administers, newest first',
  security: bearer,
  request: { query: auditQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(auditEntrySchema), 'A page'), ...problems },
});

export const listAudit: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { accountId, actor, tokenId, action, subject, subjectId, since, until, ...page } = c.req.valid('query');
    let query = c.get('caller').db.from('audit_log').select(auditColumns);
    const isId = actor !== undefined && uuidSchema.safeParse(actor).success;
    const equal = {
      account_id: accountId,
      [isId ? 'actor_user_id' : 'actor_email']: isId ? actor : actor?.toLowerCase(),
      application_token_id: tokenId,
      action,
      subject_type: subject,
      subject_id: subjectId,
    };
    for (const [column, value] of Object.entries(equal)) if (value !== undefined) query = query.eq(column, value);
    if (since !== undefined) query = query.gte('at', since);
    if (until !== undefined) query = query.lt('at', until);
    const rows = await fetchRows(paginate(query, page, { at: 'at', id: 'id' }), z.array(auditRowSchema));
    return c.json(
      toPageBy(rows, page.limit, toAuditEntry, (row) => [row.at, row.id]),
      200,
    );
  });
