import { z } from 'zod';
import { SfpError } from './error.ts';

/** The newest migration this version of the platform was written for; a test compares it with the files. */
export const schemaVersion = 42;

/** What RPC `platform_schema` answers. */
export const platformSchemaSchema = z.object({ version: z.number().int(), breaking: z.number().int() });
export type PlatformSchema = z.infer<typeof platformSchemaSchema>;

/** API server and workers call it at start: throws when this program must not run on that database. */
export function expectSchema(found: PlatformSchema, known: number = schemaVersion): void {
  if (found.breaking > known) {
    throw new SfpError({
      code: 'schema_too_new',
      message: `The database has the breaking migration ${found.breaking}; this program knows ${known}.`,
      suggestion: 'Run the same platform version as the database: sfp server update.',
    });
  }
  if (found.version < known) {
    throw new SfpError({
      code: 'schema_too_old',
      message: `The database is on migration ${found.version}; this program needs ${known}.`,
      suggestion: 'Run the migrations first: sfp server start does.',
    });
  }
}
