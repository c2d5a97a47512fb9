import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { HatchetClient } from '@hatchet-dev/typescript-sdk/v1/client/client.js';
import { HatchetClient as Client } from '@hatchet-dev/typescript-sdk/v1/index.js';
import { waitFor } from '../../../support/wait.ts';
import type { EngineAddress } from './engine-process.ts';
import { FrameLog } from './frame.ts';
import { Relay } from './relay.ts';

type Worker = Awaited<ReturnType<HatchetClient['worker']>>;
type Workflows = NonNullable<Exclude<Parameters<HatchetClient['worker']>[1], number | undefined>>;

/** A worker in a process of its own, as support/worker-process.ts runs it. */
export interface WorkerProcess {
  process: ChildProcess;
  relay: Relay;
  lines: string[];
  until(pattern: RegExp, timeoutMs?: number): Promise<string>;
  exited(timeoutMs?: number): Promise<void>;
}

const silent = { debug() {}, info() {}, warn() {}, green() {}, error() {}, util() {} };

/** One scenario: SDK clients and workers behind relays, everything they said, and their end. */
export class Scenario {
  readonly log = new FrameLog();
  readonly #target: EngineAddress;
  readonly #relays: Relay[] = [];
  readonly #workers: Worker[] = [];
  readonly #processes: ChildProcess[] = [];

  constructor(target: EngineAddress) {
    this.#target = target;
  }

  async relay(label: string): Promise<{ relay: Relay; hostPort: string; apiUrl: string }> {
    const relay = new Relay(label, this.#target, this.log);
    this.#relays.push(relay);
    return { relay, ...(await relay.listen()) };
  }

  /** An unmodified SDK client behind a relay of its own. */
  async client(label: string, options: { maxAttempts?: number } = {}): Promise<HatchetClient> {
    const { hostPort, apiUrl } = await this.relay(label);
    return Client.init({
      token: this.#target.token,
      host_port: hostPort,
      api_url: apiUrl,
      tls_config: { tls_strategy: 'none' },
      log_level: 'ERROR',
      logger: () => silent,
      ...(options.maxAttempts === undefined ? {} : { retrier: { maxAttempts: options.maxAttempts } }),
    });
  }

  async worker(label: string, client: HatchetClient, name: string, options: Workflows): Promise<Worker> {
    const worker = await client.worker(name, { handleKill: false, ...options });
    worker.start().catch((error: unknown) => this.#result(label, 'worker.start() rejected', thrown(error)));
    await worker.waitUntilReady();
    this.#workers.push(worker);
    this.#result(label, `worker "${name}" ready`, {});
    return worker;
  }

  /** Runs an SDK call and writes down what it gave; a failure is written down too, and answered as undefined. */
  async call<T>(label: string, what: string, work: () => Promise<T> | T): Promise<T | undefined> {
    try {
      const value = await work();
      this.#result(label, what, { value: value === undefined ? null : value });
      return value;
    } catch (error) {
      this.#result(label, what, thrown(error));
      return undefined;
    }
  }

  /** Waits until the engine has answered a call of this client. */
  async answered(label: string, method: string): Promise<void> {
    await waitFor(
      () => this.log.frames.some((frame) => frame.dir === 'in' && frame.conn === label && frame.method === method),
      { timeoutMs: 20_000, what: `an answer to ${method} of ${label}` },
    );
  }

  /** Waits until a client's worker has said that it lives: its heartbeat thread takes a while to start. */
  heartbeat(label: string): Promise<void> {
    return this.answered(label, 'Dispatcher/Heartbeat');
  }

  /** Waits until a run has this status, asking beside the relay so that nothing is written down. */
  async reaches(runId: string, status: string): Promise<void> {
    const { apiUrl, token } = this.#target;
    await waitFor(
      async () => {
        const answer = await fetch(`${apiUrl}/api/v1/stable/workflow-runs/${runId}/status`, {
          headers: { authorization: `Bearer ${token}` },
        });
        return answer.ok && (await answer.json()) === status;
      },
      { timeoutMs: 20_000, what: `run ${runId} to be ${status}` },
    );
  }

  note(label: string, what: string, frame: unknown): void {
    this.#result(label, what, frame);
  }

  /** Starts support/worker-process.ts with this environment. */
  async workerProcess(label: string, env: Record<string, string>): Promise<WorkerProcess> {
    const { relay, hostPort, apiUrl } = await this.relay(label);
    const child = spawn(process.execPath, [fileURLToPath(new URL('./worker-process.ts', import.meta.url))], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH ?? '',
        HATCHET_CLIENT_TOKEN: this.#target.token,
        HATCHET_CLIENT_HOST_PORT: hostPort,
        HATCHET_CLIENT_API_URL: apiUrl,
        HATCHET_CLIENT_TLS_STRATEGY: 'none',
        HATCHET_CLIENT_LOG_LEVEL: 'ERROR',
        ...env,
      },
    });
    this.#processes.push(child);
    const lines: string[] = [];
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
    });
    const worker: WorkerProcess = {
      process: child,
      relay,
      lines,
      until: (pattern, timeoutMs = 20_000) =>
        waitFor(() => lines.find((line) => pattern.test(line)), { timeoutMs, what: `${label}: ${pattern}` }),
      exited: async (timeoutMs = 60_000) => {
        await waitFor(() => child.exitCode !== null || child.signalCode !== null, {
          timeoutMs,
          what: `${label} to exit`,
        });
      },
    };
    await worker.until(/^READY/);
    return worker;
  }

  /** Stops workers, then everything else, whatever happened. */
  async end(): Promise<void> {
    for (const worker of this.#workers) {
      const stopped = worker.stop().catch((error: unknown) => this.note('', 'worker.stop() rejected', thrown(error)));
      await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, 3_000).unref())]);
    }
    for (const child of this.#processes) child.kill('SIGKILL');
    for (const relay of this.#relays) relay.close();
  }

  #result(conn: string, method: string, frame: unknown): void {
    this.log.write({ dir: 'sdk', conn, kind: 'result', method, frame });
  }
}

/** A thrown value in the form of the recordings. */
function thrown(error: unknown): Record<string, unknown> {
  if (Array.isArray(error)) return { thrown_array: error };
  if (!(error instanceof Error)) return { thrown: error };
  const details = Object.fromEntries(
    ['code', 'path', 'details'].flatMap((key): [string, unknown][] => {
      const value: unknown = Reflect.get(error, key);
      return value === undefined ? [] : [[key, value]];
    }),
  );
  const response: unknown = Reflect.get(error, 'response');
  const { cause } = error;
  return {
    thrown: error.constructor.name,
    message: error.message,
    ...details,
    ...(typeof response === 'object' && response !== null
      ? { http: { status: Reflect.get(response, 'status'), body: Reflect.get(response, 'data') } }
      : {}),
    ...(cause instanceof Error
      ? { cause: { name: cause.constructor.name, message: cause.message, code: Reflect.get(cause, 'code') } }
      : {}),
  };
}

/** A duration that belongs to the scenario: how long a task works, or when a caller comes back. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What a promise gives, or a text when it is still pending. */
export const within = <T>(promise: Promise<T>, ms: number, text: string): Promise<T | string> =>
  Promise.race([promise, pause(ms).then(() => text)]);
