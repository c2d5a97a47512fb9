import { setTimeout as delay } from 'node:timers/promises';
import { SfpError } from '../../contracts/error.ts';
import { expectSchema, platformSchemaSchema } from '../../contracts/schema-version.ts';
import { type Databases, fetchRows } from './database.ts';

const everyMs = 250;

/**
 * Waits until the database answers, then refuses a schema that this program must not run on. The gateway may start after
 * the API, so not being reachable yet is no failure.
 */
export async function checkSchema(databases: Databases, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      expectSchema(
        await fetchRows(databases.anonymous().rpc('platform_schema').abortSignal(signal), platformSchemaSchema),
      );
      return;
    } catch (error) {
      if (error instanceof SfpError && error.code.startsWith('schema_')) throw error;
    }
    await delay(everyMs, undefined, { signal });
  }
}
