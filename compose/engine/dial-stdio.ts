import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** Of sshd, more than ten logins at once are refused at random (MaxStartups 10:30:100). */
const dialsAtOnce = 8;

/**
 * Connections to the engine through the docker CLI, which knows how to reach it: over ssh with the operator's own
 * ~/.ssh/config, over TLS with the files of its context. So both always mean the same engine. Each is a login, so it serves
 * one request after the other; `atOnce` of them at the most.
 */
export class DialStdioAgent extends Agent {
  readonly #waiting: (() => void)[] = [];
  #dialling = 0;

  constructor(atOnce: number) {
    super({ keepAlive: true, maxSockets: atOnce });
  }

  override createConnection(_options: unknown, made?: (error: Error | null, connection: Duplex) => void): undefined {
    const dial = (): void => {
      this.#dialling += 1;
      const answered = (): void => {
        this.#dialling -= 1;
        this.#waiting.shift()?.();
      };
      made?.(null, new DialStdio(answered));
    };
    if (this.#dialling < dialsAtOnce) dial();
    else this.#waiting.push(dial);
  }

  override keepSocketAlive(connection: Duplex): boolean {
    if (connection instanceof DialStdio) connection.idle();
    return true;
  }

  override reuseSocket(connection: Duplex): void {
    if (connection instanceof DialStdio) connection.busy();
  }
}

class DialStdio extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  #answered: () => void;

  /** @param answered called once, when the other side has said something or is gone */
  constructor(answered: () => void) {
    super();
    this.#answered = answered;
    // Not in the terminal's group: Ctrl-C is ours to act on, and would break the connection before we could.
    const child = spawn('docker', ['system', 'dial-stdio'], { detached: true });
    this.#child = child;
    let printed = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      printed = `${printed}${text}`.slice(-4_000);
    });
    child.stdout.on('data', (chunk: Uint8Array) => {
      this.#tellOnce();
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stdin.on('error', () => undefined); // it ended: `close` says why
    child.once('error', (error) => this.destroy(error));
    // Its last words come before the end, so that a connection that was never made is an error that says why.
    child.once('close', (code) => {
      this.#tellOnce();
      if (code === 0) this.push(null);
      else this.destroy(new Error(printed.trim() || `docker system dial-stdio ended with ${code}`));
    });
  }

  /** Nobody waits for it: it keeps no program from ending. */
  idle(): void {
    for (const part of this.#parts()) part.unref();
  }

  busy(): void {
    for (const part of this.#parts()) part.ref();
  }

  #parts = (): { ref(): void; unref(): void }[] => {
    const { stdin, stdout, stderr } = this.#child;
    return [this.#child, ...[stdin, stdout, stderr].filter((stream) => stream instanceof Socket)];
  };

  #tellOnce(): void {
    this.#answered();
    this.#answered = () => undefined;
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
