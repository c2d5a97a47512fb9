import { parentPort, Worker, workerData } from 'node:worker_threads';
import type { HashReply, HashRequest } from './protocol.ts';

const role = 'bcrypt';
const cost = 10;

/** A thread that runs this very file and answers HashRequests. */
export const startBcryptWorker = (): Worker => new Worker(new URL(import.meta.url), { workerData: role });

if (workerData === role && parentPort !== null) await serve(parentPort);

async function serve(port: NonNullable<typeof parentPort>): Promise<void> {
  const { default: bcrypt } = await import('bcryptjs');
  port.on('message', ({ id, password, hash }: HashRequest) => {
    let reply: HashReply;
    try {
      // GoTrue writes $2a$; for passwords of at most 72 bytes the two prefixes name the same function.
      if (hash === undefined)
        reply = { id, hash: bcrypt.hashSync(password, bcrypt.genSaltSync(cost).replace('$2b$', '$2a$')) };
      else reply = { id, matches: bcrypt.compareSync(password, hash) };
    } catch (error) {
      reply = { id, failure: error instanceof Error ? error.message : String(error) };
    }
    port.postMessage(reply);
  });
}
