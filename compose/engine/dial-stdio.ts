import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex } from 'node:stream';

/**
 * Connections to the engine through the docker CLI, which knows how to reach it: over ssh with the operator's own
 * ~/.ssh/config, over TLS with the files of its context. So both always mean the same engine.
 */
export class DialStdioAgent extends Agent {
  override createConnection(): Duplex {
    return new DialStdio();
  }
}

class DialStdio extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;

  constructor() {
    super();
    const child = spawn('docker', ['system', 'dial-stdio']);
    this.#child = child;
    let printed = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      printed = `${printed}${text}`.slice(-4_000);
    });
    child.stdout.on('data', (chunk: Uint8Array) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stdin.on('error', () => undefined); // it ended: `close` says why
    child.once('error', (error) => this.destroy(error));
    // Its last words come before the end, so that a connection that was never made is an error that says why.
    child.once('close', (code) => {
      if (code === 0) this.push(null);
      else this.destroy(new Error(printed.trim() || `docker system dial-stdio ended with ${code}`));
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#child.stdin.write(chunk)) done();
    else this.#child.stdin.once('drain', () => done());
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill();
    done(error);
  }
}
