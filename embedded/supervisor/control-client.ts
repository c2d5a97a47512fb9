import { createConnection } from 'node:net';
import { type ControlRequest, type ControlStatus, controlStatusSchema } from './control-protocol.ts';

const answerTimeoutMs = 5_000;

/** The supervisor's answer, or null when nobody listens on the socket. */
function ask(path: string, request: ControlRequest): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let text = '';
    socket.setTimeout(answerTimeoutMs, () => socket.destroy(new Error(`no answer in ${answerTimeoutMs} ms`)));
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text));
    socket.on('close', () => resolve(text === '' ? null : text));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const nobody = error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET';
      if (nobody || error.code === 'EPIPE') resolve(null);
      else reject(error);
    });
  });
}

/** @param command `progress` leaves the memory figures out */
export async function askStatus(
  path: string,
  command: 'status' | 'progress' = 'status',
): Promise<ControlStatus | null> {
  const text = await ask(path, { command });
  return text === null || text === '' ? null : controlStatusSchema.parse(JSON.parse(text));
}

/** True when the supervisor has been told. It ends by itself after that. */
export const askStop = async (path: string): Promise<boolean> => (await ask(path, { command: 'stop' })) !== null;
