import { ZodError } from 'zod';
import { SfpError } from '../contracts/error.ts';
import { processLog } from '../contracts/process-log.ts';
import { parseEnv } from './env.ts';
import { readMigrations } from './migration-file.ts';
import { migrateUp, migrationStatus } from './migrator.ts';

// Exit codes: 0 done, 1 failed, 2 usage, 78 bad environment (sysexits' EX_CONFIG).
const log = processLog({ name: 'migrations' });

async function main(command: string): Promise<number> {
  const env = parseEnv(process.env);
  log.level = env.logLevel;
  const migrations = await readMigrations();
  switch (command) {
    case 'up': {
      const files = await migrateUp(env.databaseUrl, migrations, {
        log,
        after: async (client) => {
          await client.query('select private.set_dispatch($1, $2)', [
            env.dispatchUrl ?? null,
            env.dispatchSecret ?? null,
          ]);
        },
      });
      log.info({ applied: files.length, version: migrations.length }, 'the schema is up to date');
      return 0;
    }
    case 'status': {
      process.stdout.write(`${JSON.stringify(await migrationStatus(env.databaseUrl, migrations))}\n`);
      return 0;
    }
    default:
      log.fatal({ command, suggestion: 'Commands: up (default), status.' }, 'unknown command');
      return 2;
  }
}

try {
  process.exitCode = await main(process.argv[2] ?? 'up');
} catch (error) {
  if (error instanceof ZodError) {
    log.fatal({ errors: error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) }, 'bad environment');
    process.exitCode = 78;
  } else if (error instanceof SfpError) {
    log.fatal({ failure: error.toFailure() }, error.message);
    process.exitCode = 1;
  } else {
    log.fatal({ err: error }, 'the migrations failed');
    process.exitCode = 1;
  }
}
