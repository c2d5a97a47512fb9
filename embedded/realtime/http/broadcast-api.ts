import type { IncomingMessage } from 'node:http';
import type { Pool } from 'pg';
import type { TopicRegistry } from '../channel/topic.ts';
import { probeTopic } from '../database/topic-access.ts';
import { textBroadcastFrames, userBroadcastFrames } from '../extensions/broadcast/frames.ts';
import { storeBroadcast } from '../extensions/broadcast/persist.ts';
import type { TenantSettings } from '../tenant-settings.ts';
import type { Identity, TokenVerifier } from '../token/verifier.ts';
import { isRecord } from '../wire/message.ts';
import { type Answer, BodyTooLarge, policyHeaders, readBody, tokenOf } from './request.ts';

interface Message {
  topic: string;
  event: string;
  payload: Record<string, unknown>;
  private: boolean;
}

const unauthorized = (status: number): Answer => ({ status, body: { message: 'Unauthorized' } });
const badRequest: Answer = { status: 400, body: 'Bad Request', contentType: 'text/html; charset=utf-8' };
const accepted: Answer = { status: 202 };
const tooLarge = 'Payload size exceeds tenant limit';

/** `POST /api/broadcast` (a batch) and `POST /api/broadcast/:topic/events/:event` (one message, JSON or bytes). */
export class BroadcastApi {
  readonly #topics: TopicRegistry;
  readonly #pool: Pool;
  readonly #verifier: TokenVerifier;
  readonly #settings: TenantSettings;
  readonly #ownIds: Set<string>;

  constructor(parts: {
    topics: TopicRegistry;
    pool: Pool;
    verifier: TokenVerifier;
    settings: TenantSettings;
    ownIds: Set<string>;
  }) {
    this.#topics = parts.topics;
    this.#pool = parts.pool;
    this.#verifier = parts.verifier;
    this.#settings = parts.settings;
    this.#ownIds = parts.ownIds;
  }

  async batch(request: IncomingMessage): Promise<Answer> {
    const identity = await this.#identify(request);
    if (identity === undefined) return unauthorized(401);
    const body = parseJson(await readBody(request, this.#settings.maxPayloadBytes * 2));
    if (body === undefined) return badRequest;
    const messages = isRecord(body) ? body.messages : undefined;
    if (messages !== undefined && !Array.isArray(messages)) return invalid('is invalid');
    if (messages === undefined || messages.length === 0) return invalid("can't be blank");
    if (messages.length > this.#settings.maxMessagesPerBatch) {
      return { status: 429, body: { message: 'Too many messages to broadcast, please reduce the batch size' } };
    }
    const checked = messages.map((item: unknown) => this.#check(item));
    const errors = checked.map((item) => ('errors' in item ? item.errors : {}));
    if (errors.some((item) => Object.keys(item).length > 0)) {
      return { status: 422, body: { errors: { messages: errors } } };
    }
    const allowed = new Map<string, boolean>();
    for (const item of checked) {
      if ('errors' in item) continue;
      const { topic, event, payload } = item;
      // A private topic that may not be written is left out without a word, as recorded.
      if (item.private && !(await this.#mayWrite(allowed, topic, identity, request))) continue;
      this.#topics
        .find(topic, item.private)
        ?.fanOut(textBroadcastFrames(topic, JSON.stringify({ event, payload, type: 'broadcast' })));
    }
    return accepted;
  }

  async single(request: IncomingMessage, topic: string, event: string, query: URLSearchParams): Promise<Answer> {
    const identity = await this.#identify(request);
    if (identity === undefined) return unauthorized(401);
    const type = request.headers['content-type'] ?? '';
    const isJson = /^application\/json\b/i.test(type);
    if (!isJson && !/^application\/octet-stream\b/i.test(type)) {
      return {
        status: 415,
        body: { error: 'Unsupported Media Type. Use application/json or application/octet-stream' },
      };
    }
    let bytes: Buffer;
    try {
      bytes = await readBody(request, this.#settings.maxPayloadBytes);
    } catch (error) {
      if (error instanceof BodyTooLarge) return { status: 422, body: { error: tooLarge } };
      throw error;
    }
    const json = isJson ? parseJson(bytes) : undefined;
    if (isJson && json === undefined) return badRequest;
    const content = isJson ? { payload: JSON.stringify(isRecord(json) ? json : { _json: json }) } : { bytes };
    const isPrivate = query.get('private') === 'true';
    const persist = query.get('persist') === 'true' || query.has('persist[ttl]');
    if (isPrivate && !(await this.#mayWrite(new Map(), topic, identity, request))) return unauthorized(403);
    if (persist && !isPrivate) return { status: 422, body: { error: 'persist is only for private channels' } };
    const meta = persist
      ? JSON.stringify({ id: await storeBroadcast(this.#pool, this.#ownIds, { topic, event, ...content }) })
      : '';
    this.#topics.find(topic, isPrivate)?.fanOut(userBroadcastFrames({ topic, event, meta, ...content }));
    return accepted;
  }

  #check(item: unknown): Message | { errors: Record<string, string[]> } {
    if (!isRecord(item)) return { errors: { payload: ['is invalid'] } };
    const errors: Record<string, string[]> = {};
    const { topic, event, payload } = item;
    for (const [name, value] of Object.entries({ topic, event })) {
      if (value === undefined || value === null || value === '') errors[name] = ["can't be blank"];
      else if (typeof value !== 'string') errors[name] = ['is invalid'];
    }
    if (payload === undefined || payload === null) errors.payload = ["can't be blank"];
    else if (!isRecord(payload)) errors.payload = ['is invalid'];
    else if (Buffer.byteLength(JSON.stringify(payload)) > this.#settings.maxPayloadBytes) errors.payload = [tooLarge];
    if (
      Object.keys(errors).length > 0 ||
      typeof topic !== 'string' ||
      typeof event !== 'string' ||
      !isRecord(payload)
    ) {
      return { errors };
    }
    return { topic, event, payload, private: item.private === true };
  }

  async #identify(request: IncomingMessage): Promise<Identity | undefined> {
    const token = tokenOf(request);
    if (token === undefined) return undefined;
    const result = await this.#verifier.verify(token);
    return result.ok ? result.identity : undefined;
  }

  async #mayWrite(
    known: Map<string, boolean>,
    topic: string,
    identity: Identity,
    request: IncomingMessage,
  ): Promise<boolean> {
    const before = known.get(topic);
    if (before !== undefined) return before;
    const access = await probeTopic(this.#pool, topic, identity, policyHeaders(request));
    known.set(topic, access.write.broadcast);
    return access.write.broadcast;
  }
}

const invalid = (text: string): Answer => ({ status: 422, body: { errors: { messages: [text] } } });

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
