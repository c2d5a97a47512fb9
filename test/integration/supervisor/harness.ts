import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { askStatus } from '../../../embedded/supervisor/control-client.ts';
import type { ControlStatus } from '../../../embedded/supervisor/control-protocol.ts';
import { readFailure } from '../../../embedded/supervisor/failure-file.ts';
import { endLeftovers, findLeftovers } from '../../../embedded/supervisor/leftovers.ts';
import type { Service } from '../../../embedded/supervisor/service.ts';
import { processStart } from '../../../stack/process-identity.ts';
import { waitFor } from '../../support/wait.ts';

const standInProgram = fileURLToPath(new URL('./stand-in.ts', import.meta.url));
const supervisorProgram = fileURLToPath(new URL('./stand-in-supervisor.ts', import.meta.url));

/** A service of the stand-in program; with a port it is probed over HTTP. */
export const standIn = (
  name: string,
  options: {
    port?: number;
    needs?: string[];
    env?: Record<string, string>;
    task?: boolean;
    stopTimeoutMs?: number;
  } = {},
): Service => ({
  name,
  run: {
    kind: options.task === true ? 'task' : 'process',
    program: process.execPath,
    args: [standInProgram],
    env: { PATH: process.env.PATH ?? '', SAY: name, PORT: String(options.port ?? 0), ...options.env },
  },
  probe: options.port === undefined ? { kind: 'alive' } : { kind: 'http', url: `http://127.0.0.1:${options.port}/` },
  needs: options.needs ?? [],
  stopTimeoutMs: options.stopTimeoutMs ?? 2_000,
  startTimeoutMs: 10_000,
});

/** A stack directory with supervisors of stand-ins. `close` ends and removes everything. */
export class SupervisorHarness {
  readonly dir = mkdtempSync(join(tmpdir(), 'sfp-supervisor-'));
  readonly runDir = join(this.dir, 'run');
  readonly socket = join(this.runDir, 'control.sock');
  readonly supervisor = { socket: this.socket, stack: { tenant: 'acme', baseDir: this.dir } };
  readonly #spec = join(this.dir, 'services.json');
  readonly #supervisors = new Set<ChildProcess>();

  constructor() {
    mkdirSync(this.runDir);
    mkdirSync(join(this.dir, 'logs'));
  }

  /** What the stack's files say of the services from now on. */
  define(services: readonly Service[]): void {
    writeFileSync(this.#spec, JSON.stringify(services));
  }

  supervise(services: readonly Service[]): ChildProcess {
    this.define(services);
    const child = spawn(process.execPath, [supervisorProgram, this.dir, this.#spec], { stdio: 'ignore' });
    this.#supervisors.add(child);
    child.once('exit', () => this.#supervisors.delete(child));
    return child;
  }

  async status(): Promise<ControlStatus> {
    return waitFor(() => askStatus(this.socket), { timeoutMs: 10_000, what: 'the supervisor to answer' });
  }

  async running(): Promise<ControlStatus> {
    return waitFor(
      async () => {
        const status = await askStatus(this.socket);
        return status?.phase === 'running' && status;
      },
      { timeoutMs: 15_000, what: 'the stack to run' },
    );
  }

  async service(name: string): Promise<ControlStatus['services'][number]> {
    const found = (await this.status()).services.find((service) => service.name === name);
    if (found === undefined) throw new Error(`no service ${name}`);
    return found;
  }

  log = (name: string): string => readFileSync(join(this.dir, 'logs', `${name}.log`), 'utf8');

  failure = () => readFailure(join(this.runDir, 'failure.json'));

  leftovers = () => findLeftovers({ dir: this.dir, runDir: this.runDir });

  async close(): Promise<void> {
    for (const child of this.#supervisors) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    await endLeftovers({ dir: this.dir, runDir: this.runDir }, 100);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A zombie that nobody reaps (as in a container without an init) is no process any more. */
export const isProcess = (pid: number): boolean => processStart(pid) !== null;
