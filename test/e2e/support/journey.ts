import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { waitFor } from '../../support/wait.ts';
import type { CliRun, RunningCli } from './cli.ts';
import { Home } from './home.ts';
import { E2eStack, ok } from './stack.ts';

type Person = 'owner' | 'ben' | 'eve';

export interface DeploymentView {
  id: string;
  status: string;
  origin: string;
  buildId: string | null;
  taskId: string;
  commitSha: string | null;
}

/**
 * An account of three people, a project that is built once and published to two places, of which `production` asks for an
 * approval. Everything is done by commands.
 */
export class Journey implements AsyncDisposable {
  readonly home = new Home();
  readonly #ledger = this.home.path('ledger');
  #stack: E2eStack | undefined;

  get stack(): E2eStack {
    if (this.#stack === undefined) throw new Error('the journey has not begun');
    return this.#stack;
  }

  async begin(tenant: string): Promise<void> {
    // No variables: what is built knows no environment.
    const file = `version: 1
build:
  - name: compile
    run: echo "build $SFP_COMMIT" >> ${this.#ledger}; mkdir -p out; echo "$SFP_COMMIT" > out/version
artifacts:
  - out/version
deploy:
  - name: publish
    run: cp out/version "$TARGET.next"; mv "$TARGET.next" "$TARGET"
verify:
  - name: what is there is what was built
    run: cmp out/version "$TARGET"
`;
    this.#stack = await E2eStack.create(this.home, tenant, file, { TARGET: this.target('dev') });
    await this.stack.addEnvironment('staging', { TARGET: this.target('staging') });
    await this.stack.addEnvironment('production', { TARGET: this.target('production') });
    for (const person of ['ben', 'eve'] as const) await this.#invite(person);
    await this.as('owner', 'environment', 'protect', 'production', '-p', 'app', '--approvals', '1');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.home[Symbol.asyncDispose]();
  }

  async #invite(person: 'ben' | 'eve'): Promise<void> {
    const made = await this.json<{ link: string }>(
      'owner',
      ...['invitation', 'create', `${person}@example.test`, '--role', 'member'],
    );
    const [link, password] = [this.home.path(`link-${person}`), this.home.path(`password-${person}`)];
    writeFileSync(link, made.link, { mode: 0o600 });
    writeFileSync(password, `the password of ${person}`, { mode: 0o600 });
    const files = ['--code-file', link, '--password-file', password];
    ok(await this.home.sfp('invitation', 'accept', ...files, '--name', person, '--json'));
  }

  #context = (person: Person): string => (person === 'owner' ? this.stack.tenant : person);

  /** What a place has. */
  target = (environment: string): string => this.home.path(`published-${environment}`);
  published = (environment: string): string =>
    existsSync(this.target(environment)) ? readFileSync(this.target(environment), 'utf8').trim() : '';

  /** How often a commit was built. */
  built(commit: string): number {
    if (!existsSync(this.#ledger)) return 0;
    const lines = readFileSync(this.#ledger, 'utf8').split('\n');
    return lines.filter((line) => line === `build ${commit}`).length;
  }

  try(person: Person, ...args: string[]): Promise<CliRun> {
    return this.home.sfp(...args, '--json', '--context', this.#context(person));
  }

  async as(person: Person, ...args: string[]): Promise<CliRun> {
    return ok(await this.try(person, ...args));
  }

  async json<Value>(person: Person, ...args: string[]): Promise<Value> {
    return (await this.as(person, ...args)).json() as Value;
  }

  /** A command that follows what it began. */
  follow(person: Person, ...args: string[]): RunningCli {
    return this.home.start(...args, '--json=stream', '--context', this.#context(person));
  }

  /** Follows it to its success. */
  async finish(watcher: RunningCli): Promise<void> {
    const code = await watcher.exit;
    if (code !== 0) throw new Error(`exit ${code}: ${JSON.stringify(watcher.lines.slice(-4))}\n${watcher.stderr}`);
  }

  deployments(...filter: string[]): Promise<DeploymentView[]> {
    return this.json('owner', 'deployment', 'list', '--project', 'app', ...filter);
  }

  /** The owner approves what waits, as soon as it does. */
  async approve(): Promise<string> {
    const waiting = async () => (await this.deployments('--status', 'awaiting_approval'))[0]?.id;
    const id = await waitFor(waiting, { timeoutMs: 60_000, what: 'a deployment that waits for an approval' });
    await this.as('owner', 'deployment', 'approve', id);
    return id;
  }
}
