import { z } from 'zod';
import { tables } from '../../contracts/permissions/tables.ts';
import { type Database, fetchRows } from '../services/database.ts';
import { versionConflict } from './if-match.ts';
import { ApiProblem } from './problem.ts';

interface Versioned {
  version: number;
}

interface Update<Schema extends z.ZodType<Versioned>> {
  db: Database;
  table:
    | 'projects'
    | 'environments'
    | 'integrations'
    | 'collections'
    | 'settings'
    | 'platform_associations'
    | 'accounts_memberships'
    | 'releases'
    | 'schedules';
  /** What the row is found by. */
  key: Record<string, string>;
  /** What a person calls it. */
  what: string;
  columns: string;
  schema: Schema;
  /** The row as the API shows it; a conflict shows both versions so. */
  represent(row: z.output<Schema>): Versioned;
  /** The row as it is; the changes are made to this version or not at all. */
  current: z.output<Schema>;
  /** The version that the caller has read; null for any. */
  expected: number | null;
  changes: Record<string, unknown>;
}

/**
 * Changes a row that nobody has changed since the caller read it. RLS hides a row from an update that the caller may not
 * make, so that no row means one of two things; which one, the row's version tells.
 */
export async function updateVersioned<Schema extends z.ZodType<Versioned>>(
  update: Update<Schema>,
): Promise<z.output<Schema>> {
  const { db, table, key, what, columns, schema, represent, current, changes } = update;
  const expected = update.expected ?? current.version;
  const said = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const conflict = (now: z.output<Schema>): ApiProblem =>
    versionConflict(what, expected, represent(now), represent({ ...now, ...said }));
  if (current.version !== expected) throw conflict(current);
  const query = db
    .from(table)
    .update(changes)
    .match({ ...key, version: expected })
    .select(columns);
  const [changed] = await fetchRows(query, z.array(schema));
  if (changed !== undefined) return changed;
  const [now] = await fetchRows(db.from(table).select(columns).match(key), z.array(schema));
  if (now !== undefined && now.version !== expected) throw conflict(now);
  throw new ApiProblem(403, {
    code: 'forbidden',
    message: `Changing this ${what} needs the role ${tables[table].update.from} in its account.`,
    suggestion: 'Ask an owner of the account for a higher role.',
  });
}
