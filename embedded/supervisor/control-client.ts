import { createConnection } from 'node:net';
import type { z } from 'zod';
import { SfpError } from '../../contracts/error.ts';
import type { StackLayout } from '../../stack/layout.ts';
import type { SuppliedSecrets } from '../../stack/secrets/schema.ts';
import { serverCommand } from '../../stack/server-command.ts';
import {
  type ControlRequest,
  type ControlStatus,
  controlStatusSchema,
  doneAnswerSchema,
  failedAnswerSchema,
  outdatedAnswerSchema,
} from './control-protocol.ts';

/** A supervisor that is asked for something, and the stack that it runs. */
export interface Supervisor {
  socket: string;
  stack: Pick<StackLayout, 'tenant' | 'baseDir'>;
}

const answerTimeoutMs = 5_000;

/** The supervisor's answer, or null when nobody listens on the socket. */
function ask(
  path: string,
  request: ControlRequest,
  { timeoutMs = answerTimeoutMs, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path, ...(signal === undefined ? {} : { signal }) });
    let text = '';
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)));
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

/**
 * Resolves when the services are healthy again. Aborting ends the waiting, not the restart.
 * @throws SfpError the supervisor's reason when they will not be.
 */
export async function askRestart(
  supervisor: Supervisor,
  services: readonly string[],
  signal: AbortSignal,
  supplied?: SuppliedSecrets,
): Promise<void> {
  const request = { command: 'restart' as const, services: [...services], ...brought(supplied) };
  // No limit here: the supervisor has one for the drain and one for the start.
  parseAnswer(supervisor, await ask(supervisor.socket, request, { timeoutMs: 0, signal }), doneAnswerSchema);
}

/**
 * Resolves when the services have ended; they are started again by `askRestart` only. Aborting ends the waiting, not the end.
 * @throws SfpError `supervisor_outdated` when it is of a version that does not know how.
 */
export async function askDrain(
  supervisor: Supervisor,
  services: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const request = { command: 'drain' as const, services: [...services] };
  parseAnswer(supervisor, await ask(supervisor.socket, request, { timeoutMs: 0, signal }), doneAnswerSchema);
}

/** The services whose definition is no longer what the stack's files say. */
export const askOutdated = async (supervisor: Supervisor, supplied?: SuppliedSecrets): Promise<readonly string[]> => {
  const text = await ask(supervisor.socket, { command: 'outdated', ...brought(supplied) });
  return parseAnswer(supervisor, text, outdatedAnswerSchema).services;
};

const brought = (supplied: SuppliedSecrets | undefined) => (supplied === undefined ? {} : { supplied });

function parseAnswer<Answer>({ stack }: Supervisor, text: string | null, schema: z.ZodType<Answer>): Answer {
  if (text === null || text === '') {
    throw new SfpError({
      code: 'supervisor_gone',
      message: 'The supervisor ended, or nobody supervises this stack.',
      suggestion: `Look at it with \`${serverCommand(stack, 'status')}\` and start it with \`${serverCommand(stack, 'start')}\`.`,
    });
  }
  const raw: unknown = JSON.parse(text);
  const failed = failedAnswerSchema.safeParse(raw);
  if (failed.success) throw new SfpError(failed.data.failure);
  const answer = schema.safeParse(raw);
  if (answer.success) return answer.data;
  throw new SfpError({
    code: 'supervisor_outdated',
    message: 'The stack runs under a supervisor of another version, which does not know this request.',
    suggestion: `Restart the whole stack with \`${serverCommand(stack, 'restart')}\`.`,
  });
}
