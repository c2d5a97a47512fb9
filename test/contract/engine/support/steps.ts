import { canonical, Names } from './canonical.ts';
import type { Frame } from './frame.ts';

/** A comparable frame: its number in the recording's order, the lane it belongs to, and its value. */
export interface Step {
  number: number;
  label: string;
  lane: string;
  value: unknown;
}

/** How often these come says nothing: only that each was answered as recorded. */
const isRepeated = (method: string): boolean => method.endsWith('/Heartbeat') || method.endsWith('/GetVersion');
/** Which client or worker got these is the scheduler's choice. */
const isAnyones = (method: string): boolean =>
  method.endsWith('/ListenV2') ||
  method.endsWith('/SendStepActionEvent') ||
  method.endsWith('/SubscribeToWorkflowRuns');

type Dict = Record<string, unknown>;
const dict = (value: unknown): Dict =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Dict) : {};

/**
 * The steps of a scenario: every answer of the engine, and every result of an SDK call. Left out is what the relay or the
 * machine says (broken connections, log lines, output of processes). Frames of one lane keep their order; lanes are independent: a run's assignments, a
 * run's results, a client's calls of one method.
 */
export function stepsOf(scenario: string, frames: readonly Frame[]): Step[] {
  const names = new Names(frames);
  const steps: Step[] = [];
  const seen = new Set<string>();
  const lastPoll = new Map<string, string>();
  for (const frame of frames) {
    if (!isStep(frame)) continue;
    const method = names
      .replace(frame.method ?? '')
      .replaceAll(time, '{time}')
      .replaceAll(milliseconds, '{ms}');
    const value = canonical(
      frame.status === undefined ? { frame: ownPart(scenario, method, frame.frame) } : { status: frame.status },
      names,
    );
    const lane = laneOf(frame, method, names);
    if (isRepeated(method) && frame.status === undefined) {
      if (seen.has(lane)) continue;
      seen.add(lane);
    }
    // Of a poll only the changes count, not how often it was asked.
    const polled = JSON.stringify(value);
    if (method.endsWith('/status') && lastPoll.get(lane) === polled) continue;
    lastPoll.set(lane, polled);
    steps.push({ number: steps.length, label: `${frame.dir} ${frame.conn ?? ''} ${method}`, lane, value });
  }
  return steps;
}

const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const milliseconds = /(?<!\d)1[78]\d{11}(?!\d)/g;

/** Lists of the whole tenant hold what other scenarios left: only names of this one (`s07-…`) are compared. */
function ownPart(scenario: string, method: string, frame: unknown): unknown {
  const prefix = `s${scenario.slice(0, 2)}-`;
  const isOwn = (name: unknown): boolean => typeof name === 'string' && name.startsWith(prefix);
  const ownKeys = (value: unknown): Dict =>
    Object.fromEntries(Object.entries(dict(value)).filter(([key]) => isOwn(key)));
  const { body, value } = dict(frame);
  if (method.endsWith('/worker') && Array.isArray(dict(body).rows)) {
    const rows = (dict(body).rows as unknown[]).filter((row) => isOwn(dict(row).name));
    return { ...dict(frame), body: { ...dict(body), rows } };
  }
  if (method.endsWith('/step-run-queue-metrics'))
    return { ...dict(frame), body: { queues: ownKeys(dict(body).queues) } };
  if (method.endsWith('/task-stats')) return { ...dict(frame), body: ownKeys(body) };
  if (method.startsWith('queue metrics')) return { value: { queues: ownKeys(dict(value).queues) } };
  if (method.startsWith('task stats')) return { value: ownKeys(value) };
  return frame;
}

const isStep = (frame: Frame): boolean => {
  if (frame.dir === 'sdk') return frame.kind === 'result';
  if (frame.dir !== 'in') return false;
  const status = frame.status ?? {};
  if ('rst' in status || 'transport_error' in status || 'cancelled_by_client' in status) return false;
  // The end of an endless stream belongs to whoever closed it.
  if (status.code === 0 || frame.method === 'GOAWAY') return false;
  return !('transport_error' in dict(frame.frame));
};

function laneOf(frame: Frame, method: string, names: Names): string {
  const body = dict(frame.frame);
  const request = names.request(frame);
  const who = isAnyones(method) ? '' : (frame.conn ?? '');
  const runId = [body.workflowRunId, request.jobRunId, request.workflowRunId, request.taskRunExternalId].find(
    (id): id is string => typeof id === 'string',
  );
  const subject =
    runId !== undefined
      ? names.name(runId)
      : [request.name, request.workerName, request.workerId]
          .filter((part) => typeof part === 'string')
          .map((part) => names.replace(String(part)))
          .join(' ');
  return [frame.dir, who, method, subject].join(' | ');
}
