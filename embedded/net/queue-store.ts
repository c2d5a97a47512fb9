import { type Client, DatabaseError } from 'pg';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Outcome } from './outcome.ts';
import { type QueuedRequest, queuedRequestSchema } from './request.ts';

// Small, because within one claim nothing limits what a single origin gets.
const claimAtOnce = 50;
const expiredAtOnce = 1_000;
const responseTtl = '6 hours';

export interface Answer {
  id: string;
  outcome: Outcome;
}

/** The worker's statements on the two tables of schema `net`. */
export class QueueStore {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Takes requests out of the queue in id order, passing over the origins that have no slot left. */
  async claim(limit: number, saturated: string[]): Promise<QueuedRequest[]> {
    const { rows } = await this.#client.query({
      name: 'net_claim',
      text: `
        with taken as (
          delete from net.http_request_queue
          where ctid = any (array(
            select ctid from net.http_request_queue
            where $2::text[] = '{}' or not coalesce(lower(substring(url from '^[^/]*//[^/?#]*')), '') = any ($2::text[])
            order by id limit $1
            for update skip locked))
          returning *
        )
        select
          id::text, method, url, body, timeout_milliseconds,
          coalesce(jsonb_typeof(headers) = 'object', true) as headers_valid,
          (select json_agg(json_build_array(key, value))
           from jsonb_each_text(case when jsonb_typeof(headers) = 'object' then headers end)) as headers
        from taken order by taken.id`,
      values: [Math.min(limit, claimAtOnce), saturated],
    });
    return z.array(queuedRequestSchema).parse(rows);
  }

  /** Stores answers together; one that the table refuses (a trigger, a changed column) is dropped, not all of them for ever. */
  async save(answers: readonly Answer[], log: Logger): Promise<void> {
    try {
      await this.#insert(answers);
    } catch (error) {
      if (!(error instanceof DatabaseError) || /^(57|08|53)/.test(error.code ?? '')) throw error;
      if (answers.length > 1) {
        for (const answer of answers) await this.save([answer], log);
        return;
      }
      log.error({ err: error, id: answers[0]?.id }, 'the answer of a request could not be stored');
    }
  }

  async #insert(answers: readonly Answer[]): Promise<void> {
    await this.#client.query({
      name: 'net_save',
      text: `
        insert into net._http_response (id, status_code, content_type, headers, content, timed_out, error_msg)
        select id, status_code, content_type, headers::jsonb, content, timed_out, error_msg
        from unnest($1::bigint[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::text[])
          as answers (id, status_code, content_type, headers, content, timed_out, error_msg)`,
      values: [
        answers.map(({ id }) => id),
        answers.map(({ outcome }) => outcome.statusCode),
        answers.map(({ outcome }) => outcome.contentType),
        answers.map(({ outcome }) => outcome.headers && JSON.stringify(outcome.headers)),
        answers.map(({ outcome }) => outcome.content),
        answers.map(({ outcome }) => outcome.timedOut),
        answers.map(({ outcome }) => outcome.errorMsg),
      ],
    });
  }

  /** Also without traffic, which pg_net leaves for ever. */
  async removeExpired(): Promise<void> {
    for (;;) {
      const { rowCount } = await this.#client.query(
        `delete from net._http_response where ctid = any (array(
           select ctid from net._http_response where created < now() - $1::interval order by created limit $2))`,
        [responseTtl, expiredAtOnce],
      );
      if ((rowCount ?? 0) < expiredAtOnce) return;
    }
  }
}
