import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** A TCP proxy on loopback whose connections a test can cut, and whose door it can close. */
export class CuttingProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  /** Refuses new connections while false. */
  open = true;
  cuts = 0;

  private constructor(targetPort: number) {
    this.#server = createServer((inside) => {
      if (!this.open) {
        inside.destroy();
        return;
      }
      const outside = connect(targetPort, '127.0.0.1');
      const pair = [inside, outside] as const;
      this.#pairs.add(pair);
      for (const [from, to] of [pair, [outside, inside] as const]) {
        from.on('data', (chunk) => to.write(chunk));
        from.on('error', () => from.destroy());
        from.on('close', () => {
          to.destroy();
          this.#pairs.delete(pair);
        });
      }
    });
  }

  static async start(targetPort: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Resets every connection in the middle of whatever it is doing. Returns how many there were. */
  cut(): number {
    const { size } = this.#pairs;
    for (const [inside, outside] of this.#pairs) {
      inside.resetAndDestroy();
      outside.destroy();
    }
    this.#pairs.clear();
    this.cuts += size > 0 ? 1 : 0;
    return size;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
