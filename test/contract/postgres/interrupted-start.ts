import pg from 'pg';
import { pino } from 'pino';
import { z } from 'zod';
import { createPostgres } from '../../../embedded/postgres/postgres.ts';

// A supervisor that dies without a word while the bootstrap is about to run the named step: a part of
// embedded/postgres/postgres.integration.test.ts, started by it.
const [, , optionsText = '', step] = process.argv;
const options = z
  .object({
    dataDir: z.string(),
    socketDir: z.string(),
    port: z.number(),
    password: z.string(),
    settings: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(optionsText));

const query = pg.Client.prototype.query;
let doomed = false;
pg.Client.prototype.query = function interrupted(this: pg.Client, ...args: unknown[]) {
  const [text, values] = args;
  // The record of the step is the last statement before its commit.
  if (String(text).startsWith('insert into _sfp') && Array.isArray(values) && values[0] === step) doomed = true;
  if (doomed) process.kill(process.pid, 'SIGKILL');
  return Reflect.apply(query, this, args);
} as typeof query;

await createPostgres({ ...options, log: pino({ level: 'silent' }) }).start();
