import { z } from 'zod';
import { listCommands } from '../../http/list-commands.ts';
import { notFound } from '../../http/problem.ts';
import { integrationColumns, integrationRowSchema } from '../../rows/integration.ts';
import { type Database, fetchRows } from '../../services/database.ts';

export async function findIntegration(db: Database, id: string): Promise<z.output<typeof integrationRowSchema>> {
  const query = db.from('integrations').select(integrationColumns).eq('id', id).limit(1);
  const [integration] = await fetchRows(query, z.array(integrationRowSchema));
  if (integration === undefined) throw notFound(`integration: ${id}`, listCommands.integrations);
  return integration;
}
