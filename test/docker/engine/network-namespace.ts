import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A network of its own with loopback only, for as long as a process holds it. */
export class NetworkNamespace {
  readonly #holder: ChildProcess;
  /** Before a command: runs it in there. */
  readonly inside: readonly string[];

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
    this.inside = ['nsenter', `--net=/proc/${holder.pid}/ns/net`, '--'];
  }

  static async create(): Promise<NetworkNamespace> {
    // It lives as long as its standard input is open: it does not outlive this process.
    const holder = spawn('unshare', ['--net', '--', 'sh', '-c', 'ip link set lo up && echo ready && exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [first] = await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')]);
    if (!String(first).startsWith('ready')) throw new Error('no network namespace could be made; this needs root');
    return new NetworkNamespace(holder);
  }

  async close(): Promise<void> {
    const ended = once(this.#holder, 'exit');
    this.#holder.stdin?.end();
    await ended;
  }
}
