import { expect, test } from 'vitest';
import type { ActionMessage } from '../grpc/action-message.ts';
import { Channel } from '../streams/channel.ts';
import { seatsFor } from './seats.ts';
import { type InFlight, isDead, isSchedulable, type WorkerState } from './worker.ts';

const now = 1_000_000;
const worker = (id: string, changes: Partial<WorkerState> = {}): WorkerState => ({
  id,
  name: id,
  actions: new Set(['wf:t']),
  slots: { default: 2 },
  labels: new Map(),
  paused: false,
  active: true,
  stream: new Channel<ActionMessage>(),
  streamOpenedAt: now,
  streamBrokenAt: undefined,
  firstHeartbeatBy: undefined,
  lastSeenAt: now,
  inFlight: new Map(),
  ...changes,
});
const lane = { action: 'wf:t', slot: 'default', units: 1 };
const busy = (units: number, released = false): Map<string, InFlight> =>
  new Map([
    [
      'task',
      { action: {} as ActionMessage, retryCount: 0, slot: 'default', units, released, started: true, assignedAt: now },
    ],
  ]);

test('seats go round over the workers, after the one that was served last', () => {
  const workers = [worker('a'), worker('b'), worker('c', { slots: { default: 3 } })];
  expect(seatsFor(lane, workers, undefined, now)).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'c']);
  expect(seatsFor(lane, workers, 'a', now)).toEqual(['b', 'c', 'a', 'b', 'c', 'a', 'c']);
});

test('only free places count; a released one is free', () => {
  expect(seatsFor(lane, [worker('a', { inFlight: busy(1) })], undefined, now)).toEqual(['a']);
  expect(seatsFor(lane, [worker('a', { inFlight: busy(2) })], undefined, now)).toEqual([]);
  expect(seatsFor(lane, [worker('a', { inFlight: busy(2, true) })], undefined, now)).toEqual(['a', 'a']);
  expect(seatsFor({ ...lane, units: 2 }, [worker('a')], undefined, now)).toEqual(['a']);
});

test('labels: a required one decides, a better fit is filled first', () => {
  const x = worker('x', { labels: new Map([['pool', 'x']]) });
  const y = worker('y', { labels: new Map([['pool', 'y']]) });
  const wants = (required: boolean) => ({ ...lane, labels: { pool: { value: 'y', required } } });
  expect(seatsFor(wants(true), [x, y], undefined, now)).toEqual(['y', 'y']);
  expect(seatsFor(wants(false), [x, y], undefined, now)).toEqual(['y', 'y', 'x', 'x']);
});

test.each([
  ['paused', { paused: true }],
  ['unsubscribed', { active: false }],
  ['without a stream', { stream: undefined }],
  ['late with its heartbeat', { lastSeenAt: now - 5_001 }],
])('a worker that is %s gets nothing', (_what, changes) => {
  expect(isSchedulable(worker('a', changes), now)).toBe(false);
});

test('a silent worker is dead after 30 s, after 10 s when its stream broke too, and never before the engine itself listened', () => {
  const at = (silentMs: number, streamBrokenAt?: number) => ({ lastSeenAt: now - silentMs, streamBrokenAt });
  expect(isDead(at(29_000), now, 0)).toBe(false);
  expect(isDead(at(31_000), now, 0)).toBe(true);
  expect(isDead(at(9_000, now - 9_000), now, 0)).toBe(false);
  expect(isDead(at(11_000, now - 11_000), now, 0)).toBe(true);
  expect(isDead(at(60_000), now, now - 5_000)).toBe(false);
});
