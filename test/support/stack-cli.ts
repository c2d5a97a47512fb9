import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { endStack } from '../../embedded/stack-end.ts';
import { findLeftovers, type Leftover } from '../../embedded/supervisor/leftovers.ts';
import { type StackLayout, stackLayout } from '../../stack/layout.ts';
import type { StackReport } from '../../stack/lifecycle/status.ts';
import type { ServerSettings } from '../../stack/server-settings.ts';

export interface CliResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** The CLI in a home of its own: base directory, saved logins. `close` ends every stack in it and removes it. */
export class StackCli {
  readonly home = mkdtempSync(join(tmpdir(), 'sfp-home-'));
  readonly baseDir = join(this.home, 'base');
  readonly #program: string;

  /** @param from the sources, or the built files that a user runs */
  constructor(from: 'source' | 'dist' = 'source') {
    const path = from === 'source' ? '../../cli/main.ts' : '../../dist/cli/main.js';
    this.#program = fileURLToPath(new URL(path, import.meta.url));
    // Postgres runs as another user when the tests run as root, and has to pass.
    chmodSync(this.home, 0o711);
  }

  get env(): Record<string, string> {
    return { SFP_HOME: this.baseDir, SFP_CONFIG_DIR: join(this.home, 'config'), NO_COLOR: '1', CI: '1' };
  }

  async run(
    args: readonly string[],
    options: { input?: string; env?: Record<string, string> } = {},
  ): Promise<CliResult> {
    const { exitCode, stdout, stderr } = await execa(process.execPath, [this.#program, ...args], {
      reject: false,
      timeout: 120_000,
      env: { ...this.env, ...options.env },
      ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    });
    return { exitCode: exitCode ?? -1, stdout, stderr };
  }

  /** Runs it, fails with its output when it does not end with 0, and reads what it printed with `--json`. */
  async json<Value>(args: readonly string[], options: { input?: string } = {}): Promise<Value> {
    const result = await this.run([...args, '--json'], options);
    if (result.exitCode !== 0)
      throw new Error(`sfp ${args.join(' ')} ended with ${result.exitCode}:\n${result.stderr}`);
    return JSON.parse(result.stdout) as Value;
  }

  /** `server status`, whatever it says. */
  async status(tenant: string): Promise<StackReport> {
    const result = await this.run(['server', 'status', '--tenant', tenant, '--json']);
    if (result.stdout === '') throw new Error(result.stderr);
    return JSON.parse(result.stdout) as StackReport;
  }

  layout = (tenant: string): StackLayout => stackLayout(this.baseDir, tenant);

  settings = (tenant: string): ServerSettings =>
    JSON.parse(readFileSync(this.layout(tenant).serverFile, 'utf8')) as ServerSettings;

  changeSettings(tenant: string, change: (settings: ServerSettings) => unknown): void {
    writeFileSync(this.layout(tenant).serverFile, JSON.stringify(change(this.settings(tenant))));
  }

  /** Processes of a stack that run without a supervisor. */
  leftovers = (tenant: string): Leftover[] => findLeftovers(this.layout(tenant));

  async close(): Promise<void> {
    const tenants = join(this.baseDir, 'tenants');
    const names = existsSync(tenants) ? readdirSync(tenants).filter((name) => !name.startsWith('.')) : [];
    for (const name of names) await endStack(this.layout(name), { report: () => undefined, drainTimeoutMs: 0 });
    rmSync(this.home, { recursive: true, force: true });
  }
}
