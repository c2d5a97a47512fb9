import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { startBcryptWorker } from './bcrypt-worker.ts';
import type { HashReply, HashRequest } from './protocol.ts';

interface Pending {
  resolve: (reply: HashReply) => void;
  reject: (error: Error) => void;
}

/**
 * bcrypt in worker threads: a hash takes some 60 ms of a core, and on the event loop it would hold up every other request
 * (measured on the real server: GET /user p95 342 ms while 8 clients sign in). Threads start with the first password and
 * do not keep the process alive.
 */
export class Hasher {
  readonly #workers: { thread: Worker; pending: Map<number, Pending> }[] = [];
  readonly #limit = Math.max(1, Math.min(2, availableParallelism()));
  #next = 0;

  async hash(password: string): Promise<string> {
    const reply = await this.#ask({ password });
    if ('hash' in reply) return reply.hash;
    throw new Error('failure' in reply ? reply.failure : 'the password worker answered another question');
  }

  async matches(password: string, hash: string): Promise<boolean> {
    const reply = await this.#ask({ password, hash });
    if ('matches' in reply) return reply.matches;
    throw new Error('failure' in reply ? reply.failure : 'the password worker answered another question');
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map(({ thread }) => thread.terminate()));
  }

  #ask(question: Omit<HashRequest, 'id'>): Promise<HashReply> {
    const worker = this.#idlest();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      worker.pending.set(id, { resolve, reject });
      worker.thread.postMessage({ id, ...question } satisfies HashRequest);
    });
  }

  #idlest(): { thread: Worker; pending: Map<number, Pending> } {
    const [idlest] = this.#workers.toSorted((a, b) => a.pending.size - b.pending.size);
    if (idlest !== undefined && (idlest.pending.size === 0 || this.#workers.length >= this.#limit)) return idlest;
    return this.#start();
  }

  #start(): { thread: Worker; pending: Map<number, Pending> } {
    const thread = startBcryptWorker();
    thread.unref();
    const worker = { thread, pending: new Map<number, Pending>() };
    thread.on('message', (reply: HashReply) => {
      worker.pending.get(reply.id)?.resolve(reply);
      worker.pending.delete(reply.id);
    });
    const end = (error: Error): void => {
      const index = this.#workers.indexOf(worker);
      if (index >= 0) this.#workers.splice(index, 1);
      for (const { reject } of worker.pending.values()) reject(error);
      worker.pending.clear();
    };
    thread.once('error', end);
    thread.once('exit', () => end(new Error('the password worker ended')));
    this.#workers.push(worker);
    return worker;
  }
}
