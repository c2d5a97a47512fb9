import pg from 'pg';
import type { Logger } from 'pino';
import { z } from 'zod';
import { buildSchemaCache } from './build.ts';
import { catalogSchema } from './catalog.ts';
import { catalogQuery } from './catalog-query.ts';
import type { SchemaCache } from './model.ts';

// PostgREST backs off to 32 s and stays down that much longer than the database; here a fifth of a second.
const reconnectDelayMs = 200;
const rowsSchema = z.tuple([catalogSchema]);

/**
 * Keeps the schema cache: loaded at start, after `NOTIFY <channel>` and after each reconnect; undefined while the
 * database cannot be reached. Uses one connection of its own, for LISTEN.
 */
export class SchemaWatch {
  readonly #options: { databaseUrl: string; schemas: readonly string[]; channel: string; log: Logger };
  readonly #onReconnect: () => void;
  #client: pg.Client | undefined;
  #cache: SchemaCache | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reload: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    options: { databaseUrl: string; schemas: readonly string[]; channel: string; log: Logger },
    onReconnect: () => void,
  ) {
    this.#options = options;
    this.#onReconnect = onReconnect;
  }

  get current(): SchemaCache | undefined {
    return this.#cache;
  }

  /** Connects and loads; goes on trying in the background when that fails. */
  async start(): Promise<void> {
    await this.#connect();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#reload);
    // Lost already, which is as ended as it gets.
    await this.#client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#options.databaseUrl,
      application_name: 'sfp-rest-listener',
      connectionTimeoutMillis: 2000,
      keepAlive: true,
    });
    const lost = (): void => this.#lost(client);
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', ({ payload }) => this.#notified(payload ?? ''));
    this.#client = client;
    try {
      await client.connect();
      await client.query(`LISTEN ${client.escapeIdentifier(this.#options.channel)}`);
      this.#onReconnect();
      await this.#load(client);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'cannot load the schema cache, retrying');
      this.#lost(client);
    }
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client || this.#stopped) return;
    this.#client = undefined;
    this.#cache = undefined;
    // It is the lost one: only its socket is let go here.
    client.end().catch(() => undefined);
    this.#timer = setTimeout(() => void this.#connect(), reconnectDelayMs);
  }

  #notified(payload: string): void {
    if (payload !== '' && payload !== 'reload schema' && payload !== 'reload config') return;
    clearTimeout(this.#reload);
    // A migration notifies once per change; they are taken together.
    this.#reload = setTimeout(() => {
      const client = this.#client;
      if (client === undefined) return;
      this.#load(client).catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'cannot reload the schema cache, reconnecting');
        this.#lost(client);
      });
    }, 50);
  }

  async #load(client: pg.Client): Promise<void> {
    const started = performance.now();
    // With an empty search path the catalog qualifies every name that is not its own.
    await client.query(`SELECT pg_catalog.set_config('search_path', '', false)`);
    const { rows } = await client.query<Record<string, unknown>>(catalogQuery, [this.#options.schemas]);
    const [catalog] = rowsSchema.parse(rows);
    this.#cache = buildSchemaCache(catalog);
    this.#options.log.info(
      {
        relations: catalog.relations.length,
        functions: catalog.routines.length,
        ms: Math.round(performance.now() - started),
      },
      'schema cache loaded',
    );
  }
}
