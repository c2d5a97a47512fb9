import { parentPort } from 'node:worker_threads';
import bcrypt from 'bcryptjs';
import type { HashReply, HashRequest } from './protocol.ts';

const cost = 10;

parentPort?.on('message', (request: HashRequest) => {
  parentPort?.postMessage(answer(request));
});

function answer({ id, password, hash }: HashRequest): HashReply {
  try {
    // GoTrue writes $2a$; for passwords of at most 72 bytes the two prefixes name the same function.
    if (hash === undefined)
      return { id, hash: bcrypt.hashSync(password, bcrypt.genSaltSync(cost).replace('$2b$', '$2a$')) };
    return { id, matches: bcrypt.compareSync(password, hash) };
  } catch (error) {
    return { id, failure: error instanceof Error ? error.message : String(error) };
  }
}
