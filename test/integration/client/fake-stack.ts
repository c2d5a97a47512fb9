import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Deployment } from '../../../contracts/deployment.ts';
import { stages } from '../../../contracts/deployment.ts';
import type { Environment, Project } from '../../../contracts/project.ts';
import type { Task } from '../../../contracts/task.ts';
import { isFinalTaskStatus } from '../../../contracts/task.ts';
import type { NewTaskEvent, TaskEventRow } from '../../../contracts/task-event.ts';
import { FakeRealtime } from './fake-realtime.ts';

const now = (): string => new Date().toISOString();
export const user = { id: randomUUID(), email: 'ada@example.com' };
export const password = 'correct horse';
const accountId = randomUUID();

/** A JWT as to its form; nobody checks its signature here. */
const jwt = (seconds: number): string => {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub: user.id, email: user.email, exp: seconds, jti: randomUUID() })}.x`;
};

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string) {
    super(`Refused: ${code}`);
    this.status = status;
    this.code = code;
  }
}

type Json = Record<string, unknown>;
type Handler = (
  match: readonly string[],
  request: { body: Json; query: URLSearchParams; ifMatch: string | undefined },
) => [number, unknown];

/**
 * The API and the private task topics of a stack, in memory: state that tests write to and assert on. For everything
 * of the client that is not about a real server's behaviour.
 */
export class FakeStack {
  readonly projects: Project[] = [];
  readonly environments: Environment[] = [];
  readonly deployments: Deployment[] = [];
  readonly tasks: Task[] = [];
  readonly tokens: Json[] = [];
  readonly events = new Map<string, TaskEventRow[]>();
  readonly idempotencyKeys: (string | undefined)[] = [];
  /** Access and refresh tokens that are good now. */
  readonly accessTokens = new Set<string>();
  readonly refreshTokens = new Set<string>();
  refreshes = 0;
  sessionSeconds = 3_600;
  /** Called for a new task: plays what a worker would do. */
  onTask: (task: Task) => void = () => undefined;
  readonly #server: Server;
  readonly #realtime: FakeRealtime;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#realtime = new FakeRealtime(this.#server);
  }

  static async start(): Promise<FakeStack> {
    const stack = new FakeStack();
    await new Promise<void>((resolve) => stack.#server.listen(0, '127.0.0.1', resolve));
    return stack;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  /** Sockets that are open now. */
  get sockets(): number {
    return this.#realtime.sockets;
  }

  async stop(): Promise<void> {
    this.#realtime.stop();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  session(): { accessToken: string; refreshToken: string; expiresAt: number; user: typeof user } {
    const expiresAt = Math.floor(Date.now() / 1_000) + this.sessionSeconds;
    const accessToken = jwt(expiresAt);
    const refreshToken = randomUUID();
    this.accessTokens.add(accessToken);
    this.refreshTokens.add(refreshToken);
    return { accessToken, refreshToken, expiresAt, user };
  }

  newTask(fields: Partial<Task> = {}): Task {
    const task: Task = {
      id: randomUUID(),
      accountId,
      projectId: null,
      environmentId: null,
      deploymentId: null,
      buildId: null,
      type: 'noop',
      pool: 'standard',
      status: 'queued',
      attempt: 1,
      progress: {},
      lastSeq: 0,
      failure: null,
      cancelRequestedAt: null,
      createdAt: now(),
      startedAt: null,
      finishedAt: null,
      ...fields,
    };
    this.tasks.push(task);
    this.events.set(task.id, []);
    this.append(task.id, [{ kind: 'task', data: { status: 'queued' } }]);
    this.onTask(task);
    return task;
  }

  /** What `append_task_events` does: numbers the events, moves the task, and broadcasts the batch. */
  append(taskId: string, events: readonly Pick<NewTaskEvent, 'kind' | 'data'>[]): void {
    const task = this.#task(taskId);
    const log = this.events.get(taskId) ?? [];
    const rows = events.map(({ kind, data }, index) => ({
      task_id: taskId,
      seq: log.length + index + 1,
      attempt: task.attempt,
      position: index + 1,
      kind,
      at: now(),
      data,
    }));
    log.push(...rows);
    task.lastSeq = log.length;
    for (const { kind, data } of events) this.#move(task, kind, data);
    this.#realtime.broadcast(`task:${taskId}`, 'task_events', {
      taskId,
      fromSeq: rows[0]?.seq ?? 0,
      toSeq: log.length,
      status: task.status,
      progress: task.progress,
      events: rows,
    });
  }

  #move(task: Task, kind: NewTaskEvent['kind'], data: Json): void {
    const deployment = this.deployments.find(({ id }) => id === task.deploymentId);
    if (kind === 'task') {
      task.status = data.status as Task['status'];
      task.failure = (data.failure ?? null) as Task['failure'];
      if (task.status === 'running') task.startedAt ??= now();
      if (isFinalTaskStatus(task.status)) task.finishedAt = now();
      if (deployment !== undefined && isFinalTaskStatus(task.status)) {
        deployment.status = task.status === 'waiting' ? 'awaiting_approval' : task.status;
      }
    }
    if (kind === 'progress') task.progress = data;
    if (kind === 'stage' && deployment !== undefined) {
      Object.assign(deployment.stages, { [String(data.stage)]: data.status });
    }
  }

  #task(id: string): Task {
    const found = this.tasks.find((task) => task.id === id);
    if (found === undefined) throw new Refusal(404, 'task_not_found');
    return found;
  }

  readonly #routes: readonly (readonly [string, RegExp, Handler])[] = [
    ['GET', /^\/config$/, () => [200, { publishableKey: 'sb_publishable_test', tenant: 'test' }]],
    ['POST', /^\/auth\/login$/, (_match, { body }) => this.#login(body)],
    ['POST', /^\/auth\/refresh$/, (_match, { body }) => this.#refresh(body)],
    ['POST', /^\/auth\/logout$/, () => [204, undefined]],
    ['GET', /^\/me$/, () => [200, { user, accounts: [], applicationTokenId: null }]],
    ['GET', /^\/projects$/, () => [200, page(this.projects)]],
    ['POST', /^\/projects$/, (_match, { body }) => [201, this.#add(this.projects, body)]],
    ['GET', /^\/projects\/([^/]+)$/, ([id]) => [200, named(this.projects, id)]],
    ['PATCH', /^\/projects\/([^/]+)$/, ([id], request) => [200, changed(named(this.projects, id), request)]],
    ['GET', /^\/projects\/([^/]+)\/environments$/, () => [200, page(this.environments)]],
    ['POST', /^\/projects\/([^/]+)\/environments$/, ([id], { body }) => [201, this.#environment(id ?? '', body)]],
    ['GET', /^\/environments\/([^/]+)$/, ([id]) => [200, named(this.environments, id)]],
    ['PATCH', /^\/environments\/([^/]+)$/, ([id], request) => [200, changed(named(this.environments, id), request)]],
    ['POST', /^\/deployments$/, (_match, { body }) => [201, this.#deploy(body)]],
    ['GET', /^\/deployments\/([^/]+)$/, ([id]) => [200, named(this.deployments, id)]],
    ['POST', /^\/deployments\/([^/]+)\/retry$/, ([id]) => [201, this.#retry(named(this.deployments, id))]],
    ['GET', /^\/tasks$/, () => [200, page(this.tasks)]],
    ['GET', /^\/tasks\/([^/]+)$/, ([id]) => [200, this.#task(id ?? '')]],
    ['GET', /^\/tasks\/([^/]+)\/events$/, ([id], { query }) => [200, this.#page(id ?? '', query)]],
    ['POST', /^\/tasks\/([^/]+)\/cancel$/, ([id]) => [200, this.#cancel(id ?? '')]],
    ['GET', /^\/tokens$/, () => [200, page(this.tokens)]],
  ];

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const path = url.pathname.replace(/^\/api\/v1/, '');
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? '' : JSON.stringify(body));
    };
    try {
      const body = JSON.parse((await textOf(request)) || '{}') as Json;
      for (const [method, pattern, handle] of this.#routes) {
        const match = pattern.exec(path);
        if (request.method !== method || match === null) continue;
        this.#authorise(path, request.headers.authorization);
        if (method === 'POST') this.idempotencyKeys.push(request.headers['idempotency-key']?.toString());
        return send(...handle(match.slice(1), { body, query: url.searchParams, ifMatch: request.headers['if-match'] }));
      }
      throw new Refusal(404, 'not_found');
    } catch (error) {
      const { status, code, message } = error instanceof Refusal ? error : new Refusal(500, String(error));
      send(status, { type: 'about:blank', title: code, status, code, message, requestId: randomUUID() });
    }
  }

  #authorise(path: string, header: string | undefined): void {
    if (/^\/(auth\/(login|refresh)|config)$/.test(path)) return;
    if (!this.accessTokens.has(header?.replace('Bearer ', '') ?? '')) throw new Refusal(401, 'unauthorized');
  }

  #login({ email, password: given }: Json): [number, unknown] {
    if (email !== user.email || given !== password) throw new Refusal(401, 'invalid_credentials');
    return [200, this.session()];
  }

  #refresh({ refreshToken }: Json): [number, unknown] {
    if (!this.refreshTokens.delete(String(refreshToken))) throw new Refusal(401, 'refresh_token_used');
    this.refreshes += 1;
    return [200, this.session()];
  }

  #add(list: Project[], body: Json): Project {
    const project: Project = {
      id: randomUUID(),
      accountId,
      slug: String(body.slug),
      name: String(body.name ?? body.slug),
      repositoryUrl: String(body.repositoryUrl),
      defaultRef: String(body.defaultRef ?? 'main'),
      configPath: 'sfp.yaml',
      version: 1,
      createdAt: now(),
      updatedAt: now(),
    };
    list.push(project);
    return project;
  }

  #environment(project: string, body: Json): Environment {
    const environment: Environment = {
      id: randomUUID(),
      accountId,
      projectId: named(this.projects, project).id,
      slug: String(body.slug),
      name: String(body.slug),
      category: 'dev',
      variables: (body.variables ?? {}) as Record<string, string>,
      credentials: {},
      branchPattern: null,
      protection: {},
      version: 1,
      createdAt: now(),
      updatedAt: now(),
    };
    this.environments.push(environment);
    return environment;
  }

  #deploy(body: Json): Deployment {
    const project = named(this.projects, String(body.project));
    const environment = named(this.environments, String(body.environment));
    const deployment: Deployment = {
      id: randomUUID(),
      accountId,
      projectId: project.id,
      environmentId: environment.id,
      taskId: null,
      ref: String(body.ref ?? project.defaultRef),
      commitSha: null,
      origin: 'ref',
      buildId: null,
      releaseId: null,
      sourceDeploymentId: null,
      approval: { status: 'not_required', required: 0, approvers: {}, expiresAt: null },
      status: 'queued',
      stages: Object.fromEntries(stages.map((stage) => [stage, 'pending'])) as Deployment['stages'],
      metadata: {},
      failure: null,
      requestedBy: user.id,
      lockTicket: null,
      createdAt: now(),
      startedAt: null,
      finishedAt: null,
    };
    this.deployments.push(deployment);
    this.#retry(deployment);
    return deployment;
  }

  #retry(deployment: Deployment): Deployment {
    const { id, projectId, environmentId } = deployment;
    const task = this.newTask({ type: 'deployment', deploymentId: id, projectId, environmentId });
    deployment.taskId = task.id;
    return deployment;
  }

  #cancel(id: string): Task {
    const task = this.#task(id);
    task.cancelRequestedAt = now();
    if (!isFinalTaskStatus(task.status)) this.append(id, [{ kind: 'task', data: { status: 'cancelled' } }]);
    return task;
  }

  #page(id: string, query: URLSearchParams): unknown {
    this.#task(id);
    const limit = Number(query.get('limit') ?? 500);
    const rows = (this.events.get(id) ?? []).filter(({ seq }) => seq > Number(query.get('afterSeq') ?? 0));
    const items = rows
      .slice(0, limit)
      .map(({ task_id, seq, attempt, kind, at, data }) => ({ taskId: task_id, seq, attempt, kind, at, data }));
    return { items, nextCursor: null };
  }
}

const page = (items: readonly unknown[]): unknown => ({ items, nextCursor: null });

function changed<Item extends { version: number }>(
  item: Item,
  { body, ifMatch }: { body: Json; ifMatch: string | undefined },
): Item {
  if (ifMatch !== `"${item.version}"`) throw new Refusal(409, 'version_conflict');
  return Object.assign(item, body, { version: item.version + 1 });
}

function named<Item extends { id: string }>(items: readonly Item[], idOrSlug: string | undefined): Item {
  const found = items.find((item) => item.id === idOrSlug || ('slug' in item && item.slug === idOrSlug));
  if (found === undefined) throw new Refusal(404, 'not_found');
  return found;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
