import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { z } from 'zod';
import { type StackLayout, stackLayout } from '../../../stack/layout.ts';
import { RunningCli } from '../../e2e/support/cli.ts';
import { removeResources } from './project-resources.ts';
import { officialTag } from './stack-images.ts';

const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const settingsSchema = z.looseObject({ ports: z.looseObject({ gateway: z.number() }) });
const limitMs = 230_000;

export interface CliRun {
  code: number | undefined;
  stdout: string;
  stderr: string;
}

interface HomeOptions {
  /** Before each command: puts it where the engine's ports are reached. */
  inside?: readonly string[];
  /** Which engine. */
  env?: Readonly<Record<string, string>>;
}

/** An operator's machine: the built CLI with a base directory and logins of its own, and stacks of containers. */
export class DockerHome {
  readonly directory = mkdtempSync(join(tmpdir(), 'sfp-docker-'));
  readonly engineEnv: Readonly<Record<string, string>>;
  readonly #inside: readonly string[];
  readonly #tenants = new Set<string>();

  constructor({ inside = [], env = {} }: HomeOptions = {}) {
    this.#inside = inside;
    this.engineEnv = env;
    mkdirSync(this.path('home'));
  }

  path = (...parts: string[]): string => join(this.directory, ...parts);

  layout = (tenant: string): StackLayout => stackLayout(this.path('base'), tenant);

  secrets = (tenant: string): Record<string, unknown> =>
    z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(this.layout(tenant).secretsFile, 'utf8')));

  secret = (tenant: string, name: string): string => z.string().parse(this.secrets(tenant)[name]);

  url = (tenant: string): string =>
    `http://127.0.0.1:${settingsSchema.parse(JSON.parse(readFileSync(this.layout(tenant).serverFile, 'utf8'))).ports.gateway}`;

  /** What a command of an operator has in its environment. */
  get env(): Record<string, string> {
    const { PATH = '', DOCKER_HOST, DOCKER_CONFIG } = process.env;
    return {
      PATH,
      ...(DOCKER_HOST === undefined ? {} : { DOCKER_HOST }),
      ...(DOCKER_CONFIG === undefined ? {} : { DOCKER_CONFIG }),
      SFP_HOME: this.path('base'),
      SFP_CONFIG_DIR: this.path('config'),
      HOME: this.path('home'),
      LANG: 'C.UTF-8',
      TERM: 'dumb',
      ...this.engineEnv,
    };
  }

  /** Runs a command to its end. Nobody is there to be asked. */
  sfp = (...args: string[]): Promise<CliRun> => this.#run(args, this.env);

  /** The same operator with another environment. */
  with = (env: Readonly<Record<string, string>>): Pick<DockerHome, 'sfp'> => ({
    sfp: (...args) => this.#run(args, { ...this.env, ...env }),
  });

  async #run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<CliRun> {
    const [program = '', ...rest] = this.#command(args);
    const { exitCode, stdout, stderr } = await execa(program, rest, {
      env,
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      timeout: limitMs,
    });
    return { code: exitCode, stdout, stderr };
  }

  /** Runs it, fails with what it said when it does not end with 0, and reads what it printed. */
  async json<Value>(...args: string[]): Promise<Value> {
    const run = await this.sfp(...args, '--json');
    if (run.code !== 0) throw new Error(`sfp ${args.join(' ')} ended with ${run.code}:\n${run.stdout}\n${run.stderr}`);
    return JSON.parse(run.stdout) as Value;
  }

  /** Starts a command whose lines (`--json=stream`) are read while it runs. */
  start(...args: string[]): RunningCli {
    const [program = '', ...rest] = this.#command(args);
    const child: ChildProcess = spawn(program, rest, { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    return new RunningCli(child);
  }

  /** server.json and the files of a stack; nothing runs. */
  async render(tenant: string, ...options: string[]): Promise<void> {
    this.#tenants.add(tenant);
    await this.#must('server', 'init', '--tenant', tenant, '--mode', 'prod', '--render-only', ...options);
    // The lock names the official image's digest, which nothing that is built here can have.
    const { serverFile } = this.layout(tenant);
    const settings = settingsSchema.parse(JSON.parse(readFileSync(serverFile, 'utf8')));
    writeFileSync(serverFile, JSON.stringify({ ...settings, images: { db: officialTag('db') } }));
  }

  /** A stack of containers, from nothing to healthy. */
  async init(tenant: string, ...options: string[]): Promise<CliRun> {
    await this.render(tenant, ...options);
    return this.#must('server', 'init', '--tenant', tenant, '--mode', 'prod', ...options);
  }

  /** Destroys what was made here, by the product and then by the engine, and removes the files. */
  async close(): Promise<void> {
    try {
      for (const tenant of this.#tenants) {
        await this.sfp('server', 'destroy', '--tenant', tenant, '--yes');
        await removeResources(tenant, this.engineEnv);
      }
    } finally {
      rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  async #must(...args: string[]): Promise<CliRun> {
    const run = await this.sfp(...args);
    if (run.code !== 0) throw new Error(`sfp ${args.join(' ')} ended with ${run.code}:\n${run.stdout}\n${run.stderr}`);
    return run;
  }

  #command = (args: readonly string[]): string[] => [...this.#inside, process.execPath, main, ...args];
}
