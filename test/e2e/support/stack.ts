import { expect } from 'vitest';
import { waitFor } from '../../support/wait.ts';
import type { CliRun } from './cli.ts';
import type { Home } from './home.ts';
import { Repository } from './repository.ts';

/** Fails with what the command said. */
export function ok(run: CliRun): CliRun {
  expect(run.code, `${run.stdout}\n${run.stderr}`).toBe(0);
  return run;
}

interface ServiceStatus {
  name: string;
  state: string;
  pid: number | null;
  restarts: number;
}

export interface StackStatus {
  status: string;
  url: string;
  services: ServiceStatus[];
  supervisor: { pid: number } | null;
}

/** A stack with a project `app` and an environment `dev`, driven by the CLI alone. */
export class E2eStack {
  readonly home: Home;
  readonly tenant: string;
  readonly repository: Repository;

  private constructor(home: Home, tenant: string, repository: Repository) {
    this.home = home;
    this.tenant = tenant;
    this.repository = repository;
  }

  /** The environment `dev` gets the variables. */
  static async create(
    home: Home,
    tenant: string,
    projectFile: string,
    variables: Record<string, string> = {},
  ): Promise<E2eStack> {
    ok(await home.sfp('server', 'init', '--tenant', tenant, '--mode', 'dev', '--json'));
    const repository = new Repository(home.path(`repository-${tenant}`), { 'sfp.yaml': projectFile });
    const stack = new E2eStack(home, tenant, repository);
    await stack.addProject('app', repository.directory, variables);
    return stack;
  }

  /** A project with an environment `dev`. */
  async addProject(slug: string, repository: string, variables: Record<string, string> = {}): Promise<void> {
    ok(await this.home.sfp('project', 'create', slug, '--repository', repository, '--context', this.tenant, '--json'));
    await this.addEnvironment('dev', variables, slug);
  }

  async addEnvironment(slug: string, variables: Record<string, string> = {}, project = 'app'): Promise<void> {
    const settings = Object.entries(variables).flatMap(([name, value]) => ['--variable', `${name}=${value}`]);
    const args = ['environment', 'create', slug, '--project', project, ...settings, '--context', this.tenant, '--json'];
    ok(await this.home.sfp(...args));
  }

  /** Deploys `app` and watches. */
  deploy(environment = 'dev', ...more: string[]) {
    const args = ['deploy', '--project', 'app', '--environment', environment, '--json=stream'];
    return this.home.start(...args, '--context', this.tenant, ...more);
  }

  async supervisorPid(): Promise<number> {
    const { supervisor } = await this.status();
    if (supervisor === null) throw new Error(`${this.tenant} has no supervisor`);
    return supervisor.pid;
  }

  async status(): Promise<StackStatus> {
    const run = await this.home.sfp('server', 'status', '--tenant', this.tenant, '--json');
    return run.json() as StackStatus;
  }

  async pidOf(service: string): Promise<number> {
    const { services } = await this.status();
    const pid = services.find(({ name }) => name === service)?.pid;
    if (typeof pid !== 'number') throw new Error(`${service} has no pid: ${JSON.stringify(services)}`);
    return pid;
  }

  async healthy(): Promise<void> {
    await waitFor(async () => (await this.status()).status === 'running', {
      timeoutMs: 60_000,
      what: 'a healthy stack',
    });
  }
}
