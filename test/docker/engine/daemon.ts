import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';

const startLimitMs = 60_000;
const stopLimitMs = 90_000;

/** A dockerd of our own: data, sockets and process in one directory. */
export class Daemon {
  readonly dir: string;
  /** For DOCKER_HOST. */
  readonly host: string;
  readonly #inside: readonly string[];
  #process: ChildProcess | null = null;

  /** @param inside what stands before each command, to run it in another network namespace */
  constructor(dir: string, inside: readonly string[] = []) {
    this.dir = dir;
    this.host = `unix://${join(dir, 'docker.sock')}`;
    this.#inside = inside;
    mkdirSync(dir, { recursive: true, mode: 0o711 });
  }

  async start(): Promise<void> {
    const log = openSync(join(this.dir, 'dockerd.log'), 'a', 0o600);
    const [program = '', ...args] = [
      ...[...this.#inside, 'dockerd', '--host', this.host, '--pidfile', join(this.dir, 'docker.pid')],
      ...['--data-root', join(this.dir, 'data'), '--exec-root', join(this.dir, 'exec')],
    ];
    // A session of its own: Ctrl-C in a terminal is for the tests, which then end it in order.
    const child = spawn(program, args, { stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    this.#process = child;
    const deadline = performance.now() + startLimitMs;
    while (!(await this.#answers())) {
      if (child.exitCode !== null || performance.now() > deadline) {
        throw new Error(`dockerd did not start:\n${readFileSync(join(this.dir, 'dockerd.log'), 'utf8').slice(-3_000)}`);
      }
      await delay(200);
    }
  }

  /** Ends it and, through it, its containers; what is on its disk stays. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
    await ended;
    clearTimeout(timer);
  }

  /** Nothing of it is left. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    const { exitCode } = await execa('docker', ['--host', this.host, 'version', '--format', '{{.Server.Version}}'], {
      reject: false,
    });
    return exitCode === 0;
  }
}
