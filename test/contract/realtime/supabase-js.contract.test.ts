import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Claims } from '../support/claims.ts';
import { Bindings, compare } from '../support/compare.ts';
import { Report } from '../support/report.ts';
import { volatility } from './player.ts';
import { readRecording } from './recording.ts';
import { RecordedClient } from './supabase-client.ts';
import { resetTables, startTarget, type Target } from './target.ts';

const claims = new Claims('realtime');
const report = new Report('realtime', claims);
let target: Target;

beforeAll(async () => {
  target = await startTarget();
});

afterAll(async () => {
  report.print();
  await target?.stop();
});

const callbackSchema = (frame: unknown): { event: string; args: unknown[] } => JSON.parse(JSON.stringify(frame));

/** Plays the script up to each point where the recording has a callback of `conn`, and compares it. */
class Script {
  readonly #scenario: string;
  readonly #clients: Record<string, RecordedClient>;
  readonly #bindings = new Bindings();
  readonly #steps;
  #at = 0;

  constructor(scenario: string, clients: Record<string, RecordedClient>) {
    this.#scenario = scenario;
    this.#clients = clients;
    this.#steps = [...readRecording(scenario).entries()].filter(([, line]) => line.dir === 'cb');
  }

  /** Waits for the recorded callbacks up to and including the next one with this name on this connection. */
  async until(conn: string, event: string): Promise<void> {
    for (; this.#at < this.#steps.length; this.#at += 1) {
      const [step, line] = this.#steps[this.#at] ?? [];
      if (step === undefined || line === undefined) break;
      const recorded = callbackSchema(line.frame);
      const actual = await this.#clients[line.conn]?.take(recorded.event);
      const differences = compare(recorded, actual, volatility, this.#bindings);
      report.record(this.#scenario, step, `${line.conn} ${recorded.event}`, differences);
      if (line.conn === conn && recorded.event === event) {
        this.#at += 1;
        return;
      }
    }
    throw new Error(`the recording has no further callback ${event} of ${conn}`);
  }

  finish(): void {
    expect(this.#at).toBe(this.#steps.length);
    report.assert(this.#scenario);
    const extra = Object.values(this.#clients).flatMap((client) => client.leftovers());
    expect(extra).toEqual([]);
  }
}

describe('supabase-js as recorded', () => {
  test.each([
    { scenario: '80_supabase_js_vsn_default', options: {} },
    { scenario: '80_supabase_js_vsn_1.0.0', options: { vsn: '1.0.0' as const } },
  ])('$scenario', { timeout: 60_000 }, async ({ scenario, options }) => {
    await resetTables(target.db);
    const key = await target.tokens.of('anon');
    const a = new RecordedClient(target, key, options);
    const b = new RecordedClient(target, key, options);
    const script = new Script(scenario, { A: a, B: b });
    try {
      const room = a.client.channel('js-room', {
        config: { broadcast: { self: true, ack: true }, presence: { key: 'ann' } },
      });
      room
        .on('postgres_changes', { event: '*', schema: 'public', table: 'todos', filter: 'n=gt.1' }, (change) =>
          a.note('postgres_changes', change),
        )
        .on('broadcast', { event: '*' }, (message) => a.note('broadcast', message))
        .on('presence', { event: 'sync' }, () => a.note('sync', room.presenceState()))
        .on('presence', { event: 'join' }, (join) => a.note('join', join))
        .on('presence', { event: 'leave' }, (leave) => a.note('leave', leave))
        .on('system', {}, (message) => a.note('system', message))
        .subscribe((status, error) => a.note('status', status, error?.message ?? null));
      await script.until('A', 'sync');
      const other = b.client.channel('js-room');
      other
        .on('broadcast', { event: 'hello' }, (message) => b.note('broadcast', message))
        .on('broadcast', { event: 'bin' }, (message) => b.note('bin', message))
        .subscribe((status, error) => b.note('status', status, error?.message ?? null));
      await script.until('B', 'status');

      a.note('send result', await room.send({ type: 'broadcast', event: 'hello', payload: { x: 1 } }));
      await script.until('A', 'send result');
      const bytes = new Uint8Array([1, 2, 255]).buffer;
      a.note('binary send result', await room.send({ type: 'broadcast', event: 'bin', payload: bytes }));
      await script.until('A', 'binary send result');
      b.note('send result (no ack)', await other.send({ type: 'broadcast', event: 'hello', payload: { x: 2 } }));
      await script.until('A', 'broadcast');
      a.note('track result', await room.track({ mood: 'ok' }));
      await script.until('A', 'sync');
      a.note('untrack result', await room.untrack());
      await script.until('A', 'untrack result');
      await target.db.query("insert into todos(title,n) values('no',1),('yes',2)");
      await script.until('A', 'postgres_changes');

      const rest = b.client.channel('rest-room');
      b.note('REST send', await rest.send({ type: 'broadcast', event: 'hello', payload: { x: 3 } }));
      b.note('httpSend', await rest.httpSend('hello', { x: 4 }));
      await script.until('B', 'httpSend');
      a.drop();
      await script.until('A', 'sync');
      await target.db.query("insert into todos(title,n) values('after',5)");
      await script.until('A', 'postgres_changes');
      a.note('unsubscribe', await room.unsubscribe());
      await script.until('A', 'unsubscribe');
      await b.client.removeAllChannels();
      await script.until('B', 'status');
      script.finish();
    } finally {
      await Promise.all([a.end(), b.end()]);
    }
  });

  test('81_supabase_js_private_rls_token', { timeout: 60_000 }, async () => {
    await resetTables(target.db);
    const accessToken = await target.tokens.of('authenticated sub=U1');
    const u1 = new RecordedClient(target, await target.tokens.of('anon'), { accessToken });
    const script = new Script('81_supabase_js_private_rls_token', { U1: u1 });
    try {
      // Without it the first join may go out before the token is known.
      await u1.client.realtime.setAuth();
      const room = u1.client.channel('room:rw', { config: { private: true, broadcast: { ack: true, self: true } } });
      room
        .on('broadcast', { event: '*' }, (message) => u1.note('broadcast', message))
        .subscribe((status, error) => u1.note('status', status, error?.message ?? null));
      await script.until('U1', 'status');
      u1.note('send', await room.send({ type: 'broadcast', event: 'hi', payload: {} }));
      await script.until('U1', 'send');
      await target.db.query(`select realtime.send('{"db":1}','fromdb','room:rw',true)`);
      await script.until('U1', 'broadcast');

      const subscribed = new Promise<void>((resolve) => {
        u1.client
          .channel('sec')
          .on('postgres_changes', { event: '*', schema: 'public', table: 'secure' }, (row) => u1.note('change', row))
          .on('system', {}, () => resolve())
          .subscribe((status, error) => u1.note('status sec', status, error?.message ?? null));
      });
      await script.until('U1', 'status sec');
      await subscribed;
      await target.db.query(`insert into secure(owner,body) values('11111111-1111-1111-1111-111111111111','mine'),
        ('22222222-2222-2222-2222-222222222222','not mine')`);
      await script.until('U1', 'change');
      u1.client
        .channel('room:denied', { config: { private: true } })
        .subscribe((status, error) => u1.note('status denied', status, error?.message ?? null));
      await script.until('U1', 'status denied');
      await u1.client.removeAllChannels();
      await script.until('U1', 'status denied');
      script.finish();
    } finally {
      await u1.end();
    }
  });
});
