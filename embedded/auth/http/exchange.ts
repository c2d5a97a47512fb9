import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { BadToken } from '../jwt/bad-token.ts';
import type { BearerClaims } from '../jwt/claims.ts';
import type { Service } from '../service.ts';
import { Failure, forbidden } from './failure.ts';
import { Body, type Struct } from './go-json.ts';

const bodyLimitBytes = 1024 * 1024;

/** One request, and what routes ask of it. */
export class Exchange {
  readonly service: Service;
  readonly request: IncomingMessage;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly params: Record<string, string>;
  #claims: Promise<BearerClaims> | undefined;

  constructor(service: Service, request: IncomingMessage, query: URLSearchParams, params: Record<string, string>) {
    this.service = service;
    this.request = request;
    this.method = request.method ?? 'GET';
    this.query = query;
    this.params = params;
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  async body(struct: Struct): Promise<Body> {
    return Body.parse(await this.#readBody(), struct);
  }

  /** As `body`, but no body at all is an empty one. */
  async optionalBody(struct: Struct): Promise<Body> {
    const text = await this.#readBody();
    return Body.parse(text === '' ? 'null' : text, struct);
  }

  /** Claims of the bearer token: 401 without one, 403 bad_jwt when anything is wrong with it. */
  claims(): Promise<BearerClaims> {
    this.#claims ??= this.#verify();
    return this.#claims;
  }

  /** The audience that the request is about: its header, else the token's, else the instance's. */
  async audience(): Promise<string> {
    const header = this.header('x-jwt-aud');
    if (header !== undefined && header !== '') return header;
    if (this.#claims === undefined) return this.service.config.audience;
    const { aud } = await this.#claims;
    const first = Array.isArray(aud) ? aud[0] : aud;
    return first === undefined || first === '' ? this.service.config.audience : first;
  }

  /** Where the request came from, for the session's row. */
  get origin(): { userAgent: string; ip: string | null } {
    const forwarded = this.header('x-forwarded-for')?.split(',')[0]?.trim();
    const address = forwarded !== undefined && isIP(forwarded) > 0 ? forwarded : this.request.socket.remoteAddress;
    return { userAgent: this.header('user-agent') ?? '', ip: address?.replace(/^::ffff:/, '') ?? null };
  }

  async #verify(): Promise<BearerClaims> {
    const token = /^bearer ([^\s]+)$/i.exec(this.header('authorization') ?? '')?.[1];
    if (token === undefined) throw new Failure(401, 'no_authorization', 'This endpoint requires a valid Bearer token');
    try {
      return await this.service.keyring.verify(token);
    } catch (error) {
      if (error instanceof BadToken) throw forbidden('bad_jwt', error.message);
      throw error;
    }
  }

  async #readBody(): Promise<string> {
    // A form is read by the form parser, which leaves nothing for the JSON decoder.
    if (this.header('content-type')?.startsWith('application/x-www-form-urlencoded') === true) return '';
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of this.request) {
      const part: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      bytes += part.length;
      if (bytes > bodyLimitBytes)
        throw new Failure(413, 'request_entity_too_large', `Request body too large (max ${bodyLimitBytes} bytes)`);
      chunks.push(part);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}
