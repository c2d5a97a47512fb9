import { execa } from 'execa';
import { Daemon } from './daemon.ts';
import { daemonDir } from './leftover-daemons.ts';
import { NetworkNamespace } from './network-namespace.ts';

/** An engine that a test may restart: apart from the one in use, in a network of its own. */
export class SecondEngine {
  readonly #namespace: NetworkNamespace;
  readonly #daemon: Daemon;

  private constructor(namespace: NetworkNamespace, daemon: Daemon) {
    this.#namespace = namespace;
    this.#daemon = daemon;
  }

  static async create(): Promise<SecondEngine> {
    const namespace = await NetworkNamespace.create();
    const engine = new SecondEngine(namespace, new Daemon(daemonDir('second'), namespace.inside));
    try {
      await engine.#daemon.start();
      return engine;
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  get env(): Record<string, string> {
    return { DOCKER_HOST: this.#daemon.host };
  }

  /** Before a command that has to reach what the engine's containers publish. */
  get inside(): readonly string[] {
    return this.#namespace.inside;
  }

  /** Brings images over from the engine in use; there is no registry between them. */
  async copyImages(tags: readonly string[]): Promise<void> {
    const load = execa('docker', ['load', '--quiet'], { env: this.env });
    const save = execa('docker', ['save', ...tags], { stdout: [load.stdin, 'pipe'], buffer: false });
    await Promise.all([save, load]);
  }

  stop = (): Promise<void> => this.#daemon.stop();

  start = (): Promise<void> => this.#daemon.start();

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Takes the bridge away that containers without a network of their own are on; the engine makes it anew when it starts. */
  async removeDefaultBridge(): Promise<void> {
    const [program = '', ...args] = [...this.inside, 'ip', 'link', 'delete', 'docker0'];
    await execa(program, args);
  }

  async close(): Promise<void> {
    await this.#daemon.remove();
    await this.#namespace.close();
  }
}
