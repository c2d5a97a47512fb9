import { expect, it } from 'vitest';
import type { TaskEvent } from '../../contracts/task-event.ts';
import { styleOf } from '../output/style.ts';
import { eventLines } from './feed-lines.ts';

const style = styleOf({}, {});
const envelope = { taskId: '018f3c1e-0000-4000-8000-000000000001', seq: 1, attempt: 1, at: '2026-11-21T12:00:00.000Z' };

it.each<[TaskEvent, string]>([
  [{ ...envelope, kind: 'task', data: { status: 'running', failure: null, worker: 'w1' } }, '● task running on w1'],
  [
    { ...envelope, kind: 'stage', data: { stage: 'build', status: 'succeeded', durationMs: 2_000 } },
    '✓ build succeeded  2.0 s',
  ],
  [{ ...envelope, kind: 'step', data: { stage: 'build', step: 'make', status: 'running' } }, '  $ make'],
  [{ ...envelope, kind: 'step', data: { stage: 'build', step: 'make', status: 'succeeded' } }, ''],
  [
    { ...envelope, kind: 'step', data: { stage: 'build', step: 'make', status: 'failed', exitCode: 2 } },
    '  ✗ make (exit 2)',
  ],
  [
    { ...envelope, kind: 'log', data: { stage: 'build', lines: [{ stream: 'stdout', text: 'a\u001b[31mb' }] } },
    '  build    │ ab',
  ],
  [{ ...envelope, kind: 'progress', data: { percent: 3 } }, ''],
  [{ ...envelope, kind: 'note', data: { text: 'Resumed.' } }, '· Resumed.'],
])('%o', (event, text) => expect(eventLines(event, style)).toBe(text));
