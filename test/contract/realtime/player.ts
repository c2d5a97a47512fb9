import { z } from 'zod';
import type { Claims } from '../support/claims.ts';
import { Bindings, compare, type Difference, type Volatility } from '../support/compare.ts';
import type { Report } from '../support/report.ts';
import { type Observed, observeRecorded } from './observed.ts';
import { type Line, readRecording, rebuild } from './recording.ts';
import { runSql } from './sql.ts';
import type { Target } from './target.ts';
import { sendHttp, WireClient } from './wire-client.ts';

const httpOutSchema = z.object({
  method: z.string(),
  path: z.string(),
  headers: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  body: z.union([z.string(), z.object({ base64: z.string() })]).optional(),
});
const httpInSchema = z.object({
  status: z.number(),
  headers: z.record(z.string(), z.unknown()).default({}),
  body: z.unknown(),
});

const httpAnswerSchema = z.object({ status: z.number(), contentType: z.string().optional(), body: z.string() });

/** How long a recorded frame may take to come; tokens that run out do so after 4 s. */
const frameLimitMs = { claimed: 8_000, unclaimed: 1_500 };
/** Silence can only be seen by waiting; everything here is answered within a few milliseconds. */
const quietMs = 150;

const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const fixed = /^(1{8}|2{8})-/;

/** What differs from run to run: ids are bound to what stands in their place, times are not compared. */
export const volatility: Volatility = (path, expected) => {
  if (/^body\.data\.(node|region)$/.test(path)) return 'ignore';
  if (/commit_timestamp$/.test(path)) return expected === null ? 'exact' : 'ignore';
  if (/phx_ref(_prev)?$|presence_ref$/.test(path)) return 'bind';
  if (/postgres_changes\[\d+\]\.id$|\.ids\[\d+\]$/.test(path)) return 'bind';
  return typeof expected === 'string' && uuid.test(expected) && !fixed.test(expected) ? 'bind' : 'exact';
};

/** "expired 3 seconds ago" depends on the moment. */
const withoutSeconds = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value ?? null).replace(/expired \d+ seconds/g, 'expired N seconds'));

function parsed(body: unknown): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    return body;
  }
}

/** Plays one recording: sends what was sent, at its place, and compares what comes with what came. */
export class Player {
  readonly #target: Target;
  readonly #claims: Claims;
  readonly #report: Report;
  readonly #scenario: string;
  readonly #bindings = new Bindings();
  readonly #clients = new Map<string, WireClient>();
  readonly #lastStep = new Map<string, number>();
  readonly #replies: Promise<unknown>[] = [];
  #note = '';

  constructor(target: Target, claims: Claims, report: Report, scenario: string) {
    this.#target = target;
    this.#claims = claims;
    this.#report = report;
    this.#scenario = scenario;
  }

  async play(): Promise<void> {
    try {
      for (const [step, line] of readRecording(this.#scenario).entries()) {
        if (line.dir === 'note') this.#onNote(String(line.frame));
        else if (line.dir === 'sql') await runSql(this.#target.db, String(line.frame));
        else if (line.dir === 'out') await this.#send(line);
        else if (line.dir === 'in') await this.#expect(step, line);
        if (line.dir === 'in' && line.conn !== 'http') this.#lastStep.set(line.conn, step);
      }
      await new Promise((resolve) => setTimeout(resolve, quietMs));
      for (const [conn, client] of this.#clients) this.#checkLeftovers(conn, client);
    } finally {
      for (const client of this.#clients.values()) client.drop();
    }
  }

  #onNote(text: string): void {
    this.#note = text;
    const dropped = /^(\w+) drops the TCP connection/.exec(text)?.[1];
    if (dropped !== undefined) this.#clients.get(dropped)?.drop();
  }

  async #send(line: Line): Promise<void> {
    const client = this.#clients.get(line.conn);
    if (line.kind === 'upgrade') await this.#connect(line);
    else if (line.kind === 'http') this.#replies.push(this.#request(line.frame));
    else if (line.kind === 'close') client?.close(1000);
    else if (line.kind === 'binary') client?.send(Buffer.from(String(line.frame), 'base64'));
    else
      client?.send(this.#moveTimes(await this.#target.tokens.fill(rebuild(String(line.frame), this.#nextRef(line)))));
  }

  #nextRef(line: Line): number {
    const sent = this.#sent.get(line.conn) ?? 0;
    this.#sent.set(line.conn, sent + 1);
    return sent + 1;
  }
  readonly #sent = new Map<string, number>();

  /** Moments in the recording are moved to now. */
  #moveTimes(frame: string): string {
    return frame.replace(/"since":(\d{13})/g, (_, since: string) => {
      const offset = Number(since) - recordedReplayAt;
      return `"since":${Date.now() + offset}`;
    });
  }

  async #connect(line: Line): Promise<void> {
    const before = this.#clients.get(line.conn);
    if (before !== undefined) this.#checkLeftovers(line.conn, before);
    const [, path = '', host = ''] = /^GET (.+) Host:(\S+)$/.exec(String(line.frame)) ?? [];
    const url = this.#target.url.origin + (await this.#target.tokens.fill(path));
    const headers: Record<string, string> = { Host: this.#host(host) };
    if (this.#note.includes('x-api-key')) headers['x-api-key'] = await this.#target.tokens.of('anon');
    this.#clients.set(line.conn, new WireClient(url.replace('http', 'ws'), headers));
  }

  async #request(frame: unknown): Promise<unknown> {
    const { method, path, headers, body } = httpOutSchema.parse(frame);
    const filled: Record<string, string | number> = {};
    for (const [name, value] of Object.entries(headers)) {
      if (name.toLowerCase() === 'content-length') continue;
      filled[name] = name === 'Host' ? this.#host(String(value)) : await this.#target.tokens.fill(String(value));
    }
    const content = typeof body === 'object' ? Buffer.from(body.base64, 'base64') : body && rebuild(body, 0);
    if (content !== undefined) filled['content-length'] = Buffer.byteLength(content);
    return sendHttp(this.#target.url, method, await this.#target.tokens.fill(path), filled, content);
  }

  #host(recorded: string): string {
    return recorded === 'realtime-dev.supabase-realtime' ? this.#target.tenantHost : recorded;
  }

  async #expect(step: number, line: Line): Promise<void> {
    const differences = line.conn === 'http' ? await this.#expectHttp(line) : await this.#expectFrame(step, line);
    this.#report.record(this.#scenario, step, `${line.conn} ${line.kind} after "${this.#note}"`, differences);
  }

  async #expectHttp(line: Line): Promise<Difference[]> {
    const { status, headers, body } = httpInSchema.parse(line.frame);
    const actual = httpAnswerSchema.parse(await this.#replies.shift());
    const expected = { status, contentType: headers['content-type'], body: parsed(body) };
    return compare(expected, { ...actual, body: parsed(actual.body) }, volatility, this.#bindings);
  }

  async #expectFrame(step: number, line: Line): Promise<Difference[]> {
    const client = this.#clients.get(line.conn);
    if (client === undefined) return [{ path: '', expected: line.conn, actual: 'no such connection' }];
    if (line.kind === 'upgrade' || line.kind === 'upgrade-refused') {
      return compare(line.frame, await client.opened(), volatility, this.#bindings);
    }
    const expected = observeRecorded(line.kind, line.frame);
    const limitMs = this.#claims.has(this.#scenario, step) ? frameLimitMs.claimed : frameLimitMs.unclaimed;
    const actual = await client.take(expected, this.#claims.deviation(this.#scenario, step) ? 300 : limitMs);
    if (actual === undefined) return [{ path: '(missing)', expected: expected.value, actual: undefined }];
    return this.#compareFrames(expected, actual);
  }

  #compareFrames(expected: Observed, actual: Observed): Difference[] {
    if (expected.cut) {
      const near = Math.abs(actual.size - expected.size) < expected.size * 0.02 + 200;
      return near ? [] : [{ path: 'size', expected: expected.size, actual: actual.size }];
    }
    return compare(withoutSeconds(expected.value), withoutSeconds(actual.value), volatility, this.#bindings);
  }

  #checkLeftovers(conn: string, client: WireClient): void {
    const extra = client.leftovers();
    const step = this.#lastStep.get(conn) ?? 0;
    if (extra.length === 0) return;
    const differences = extra.map(({ value }) => ({ path: '(not recorded)', expected: undefined, actual: value }));
    this.#report.record(this.#scenario, step, `${conn} got more than was recorded`, differences);
  }
}

/** When scenario 42 was recorded: its moments `since` are relative to this. */
const recordedReplayAt = 1_795_245_204_076;
