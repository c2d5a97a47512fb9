import type { Pool } from 'pg';
import { z } from 'zod';
import { type WorkflowDefinition, workflowDefinitionSchema } from '../domain/workflow.ts';

export interface WorkflowRow {
  id: string;
  name: string;
  description: string;
  createdAt: Date;
  updatedAt: Date;
  versionId: string;
  versionCreatedAt: Date;
  order: number;
  definition: WorkflowDefinition;
}

const rowSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    created_at: z.date(),
    version_id: z.string(),
    version_created_at: z.date(),
    ord: z.coerce.number(),
    definition: z.string().transform((text) => workflowDefinitionSchema.parse(JSON.parse(text))),
  })
  .transform(
    (row): WorkflowRow => ({
      id: row.id,
      name: row.name,
      description: row.description,
      createdAt: row.created_at,
      updatedAt: row.created_at,
      versionId: row.version_id,
      versionCreatedAt: row.version_created_at,
      order: row.ord,
      definition: row.definition,
    }),
  );

const select = `select w.id, w.name, w.description, w.created_at, v.id as version_id, v.created_at as version_created_at, v.ord,
    v.definition
  from workflows w cross join lateral (
    select * from workflow_versions v where v.workflow_id = w.id order by v.ord desc limit 1) v`;

/** Workflows with their newest version, the newest workflow first; `name` may be a part of it. */
export async function listWorkflows(
  pool: Pool,
  query: { name: string | undefined; limit: number; offset: number },
): Promise<{ workflows: WorkflowRow[]; total: number }> {
  const where = `where $1::text is null or strpos(lower(w.name), lower($1)) > 0`;
  const [page, count] = await Promise.all([
    pool.query(`${select} ${where} order by w.created_at desc limit $2 offset $3`, [
      query.name ?? null,
      query.limit,
      query.offset,
    ]),
    pool.query(`select count(*) from workflows w ${where}`, [query.name ?? null]),
  ]);
  return {
    workflows: page.rows.map((row) => rowSchema.parse(row)),
    total: z.object({ count: z.coerce.number() }).parse(count.rows[0]).count,
  };
}

export async function readWorkflow(pool: Pool, id: string): Promise<WorkflowRow | undefined> {
  const { rows } = await pool.query(`${select} where w.id = $1`, [id]);
  return rows[0] === undefined ? undefined : rowSchema.parse(rows[0]);
}
