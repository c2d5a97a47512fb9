import type { Frame } from './frame.ts';

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Ids that are the same in every run: the tenant, and those that a scenario makes up. */
const fixed = new Set([
  '707d0855-80ab-4e1f-a156-f1c4546cbf52',
  '11111111-2222-4333-8444-555555555555',
  '00000000-0000-0000-0000-000000000000',
]);

type Dict = Record<string, unknown>;
const isDict = (value: unknown): value is Dict => typeof value === 'object' && value !== null && !Array.isArray(value);
const dict = (value: unknown): Dict => (isDict(value) ? value : {});
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/**
 * Gives every id a name that says what it stands for (the run of `s03-t` with this input, the second worker called `w`), the same in the recording
 * and in a new run. So frames can be matched whatever their order, and an id that points to the wrong thing is a difference.
 */
export class Names {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #calls = new Map<number, Dict>();

  constructor(frames: readonly Frame[]) {
    for (const frame of frames) {
      const id = frame.call_id ?? frame.stream_id;
      if (frame.dir === 'out' && id !== undefined) this.#calls.set(id, dict(frame.frame));
    }
    for (const frame of frames) if (frame.dir === 'in') this.#learn(frame);
    // Runs have their names now; what hangs on them follows.
    for (const frame of frames) if (frame.dir === 'in') this.#learnTasks(frame);
  }

  /** What was asked in the call that a frame answers. */
  request(frame: Frame): Dict {
    return this.#calls.get(frame.call_id ?? frame.stream_id ?? -1) ?? {};
  }

  name(id: string): string {
    return this.#names.get(id) ?? (fixed.has(id) ? id : '{uuid}');
  }

  replace(value: string): string {
    return value.replaceAll(uuid, (id) => this.name(id));
  }

  #give(id: unknown, name: string): void {
    if (typeof id !== 'string' || this.#names.has(id)) return;
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    this.#names.set(id, `{${name}${count === 1 ? '' : `#${count}`}}`);
  }

  #learn(frame: Frame): void {
    const body = dict(frame.frame);
    const request = this.request(frame);
    if (frame.method?.endsWith('/PutWorkflow') === true) {
      this.#give(body.id, `version ${text(request.name)}`);
      this.#give(body.workflowId, `workflow ${text(request.name)}`);
    }
    if (frame.method?.endsWith('/Register') === true) this.#give(body.workerId, `worker ${text(request.workerName)}`);
    if (frame.method?.endsWith('/TriggerWorkflow') === true) this.#give(body.workflowRunId, runName(request));
    if (frame.method?.endsWith('/BulkTriggerWorkflow') === true)
      for (const [index, id] of list(body.workflowRunIds).entries())
        this.#give(id, runName(dict(list(request.workflows)[index])));
  }

  #learnTasks(frame: Frame): void {
    const body = dict(frame.frame);
    const run = text(body.workflowRunId);
    if (frame.method === 'Dispatcher/ListenV2') {
      this.#give(body.taskRunExternalId, `task ${text(body.taskName)} of ${this.name(run)}`);
      this.#give(body.jobId, `step ${text(body.actionId)} of ${this.name(text(body.workflowVersionId))}`);
    }
    for (const result of list(body.results))
      this.#give(dict(result).taskRunExternalId, `task ${text(dict(result).taskName)} of ${this.name(run)}`);
  }
}

const runName = (request: Dict): string => `run ${text(request.name)} ${sorted(parseJson(text(request.input)))}`;

const parseJson = (value: string): unknown => {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) =>
    isDict(item) ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1))) : item,
  ) ?? 'nothing';

const isoTime = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const neverTime = '0001-01-01T00:00:00Z';
const milliseconds = /(?<!\d)1[78]\d{11}(?!\d)/g;
const traceparent = /00-[0-9a-f]{32}-[0-9a-f]{16}-01/g;

/** Values that say when, how long or on what machine, by the name of their field. */
const volatileFields: Record<string, (value: unknown) => unknown> = {
  took_ms: () => undefined,
  duration: (value) => (value === 9_223_372_036_854 ? value : '{ms}'),
  stack: () => '{stack}',
  serverUrl: () => '{url}',
  languageVersion: () => '{version}',
  os: () => '{os}',
  version: (value) => (typeof value === 'string' && value.startsWith('v0.') ? '{version}' : value),
  taskId: (value) => (typeof value === 'number' && value > 0 ? '{number}' : value),
  order: () => '{number}',
};

const base64Json = new Set(['input', 'output', 'additionalMetadata']);

/** A value with names for its ids and placeholders for what is volatile; JSON inside strings is compared as a value. */
export function canonical(value: unknown, names: Names, field = ''): unknown {
  const rule = volatileFields[field];
  if (rule !== undefined) value = rule(value);
  if (typeof value === 'string') return canonicalText(value, names, field);
  if (Array.isArray(value)) return value.map((item) => canonical(item, names));
  if (!isDict(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]): [string, unknown] => [names.replace(key), canonical(item, names, key)])
      .filter(([, item]) => item !== undefined),
  );
}

function canonicalText(value: string, names: Names, field: string): unknown {
  if (/^[[{"]/.test(value)) {
    const parsed = parseJson(value);
    if (typeof parsed === 'object' && parsed !== null) return canonical(parsed, names);
  }
  if (base64Json.has(field) && /^[A-Za-z0-9+/]{4,}={0,2}$/.test(value)) {
    const parsed = parseJson(Buffer.from(value, 'base64').toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null) return canonical(parsed, names);
  }
  return names
    .replace(value)
    .replaceAll(isoTime, (time) => (time === neverTime ? time : '{time}'))
    .replaceAll(milliseconds, '{ms}')
    .replaceAll(traceparent, '{traceparent}');
}
