import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CliRun, type RunningCli, runCli, startCli } from './cli.ts';
import { withoutRoom } from './full-place.ts';

/** A person's machine: a base directory for stacks, saved logins, and a place for repositories. All of it goes at the end. */
export class Home {
  readonly directory: string;
  readonly #tenants = new Set<string>();
  readonly #env: Record<string, string>;

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'sfp-e2e-'));
    // Postgres runs as an unprivileged user and has to get through.
    chmodSync(this.directory, 0o755);
    this.#env = {
      SFP_HOME: this.path('base'),
      SFP_CONFIG_DIR: this.path('config'),
      HOME: this.path('home'),
      npm_config_update_notifier: 'false',
    };
    mkdirSync(this.#env.HOME ?? '', { recursive: true });
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  get contextsFile(): string {
    return this.path('config', 'contexts.json');
  }

  /** The same home with more settings. */
  with(env: Record<string, string>): Pick<Home, 'sfp'> {
    return { sfp: (...args) => runCli(args, { ...this.#env, ...env }) };
  }

  /** The same home with the CLI of another version. */
  using(
    program: string,
  ): Pick<Home, 'sfp' | 'start'> & { startWithoutRoom: (directory: string, ...args: string[]) => RunningCli } {
    return {
      // Into a file system of its own that is as good as full, seen by this command and what it starts.
      startWithoutRoom: (directory, ...args) => startCli(args, this.#env, program, withoutRoom(directory)),
      sfp: (...args) => runCli(args, this.#env, program),
      start: (...args) => startCli(args, this.#env, program),
    };
  }

  /** Runs a command to its end. */
  sfp(...args: string[]): Promise<CliRun> {
    this.#remember(args);
    return runCli(args, this.#env);
  }

  /** Runs a command that is given something on stdin. */
  pipe(input: string, ...args: string[]): Promise<CliRun> {
    this.#remember(args);
    return runCli(args, this.#env, undefined, input);
  }

  /** Starts a command whose output is read while it runs. */
  start(...args: string[]): RunningCli {
    this.#remember(args);
    return startCli(args, this.#env);
  }

  /** Destroys every stack that was made here and removes the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const tenant of this.#tenants) await this.sfp('server', 'destroy', '--tenant', tenant, '--yes');
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  #remember(args: string[]): void {
    const tenant = args[args.indexOf('--tenant') + 1];
    const makes = args[1] === 'init' || args[1] === 'restore';
    if (args[0] === 'server' && makes && tenant !== undefined) this.#tenants.add(tenant);
    if (args[0] === 'quickstart') this.#tenants.add('demo');
  }
}
