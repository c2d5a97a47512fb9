import { z } from 'zod';
import { failureSchema } from '../../contracts/error.ts';
import { suppliedSecretsSchema } from '../../stack/secrets/schema.ts';
import { serviceStatuses } from './transition.ts';

/**
 * The supervisor and who asks it may be of different versions: `server update`, `stop` and `status` of a newer sfp talk to the
 * supervisor of the older one. So a request or a field is only ever added: neither side refuses a field that it does not know
 * (no strict objects here), a field that an older supervisor does not send has a default, and a request that it does not know
 * is answered with `{"error":"unknown request"}`, which the client tells as `supervisor_outdated`.
 *
 * One request and one answer for each connection, a JSON line each, over the supervisor's unix socket (0600).
 * `restart` is answered when the services are healthy again or will not be, `outdated` with the services whose definition
 * is no longer what the stack's files say. Both bring what secrets a provider supplies now, which the supervisor cannot ask:
 * it has neither the environment nor the terminal of whoever runs sfp.
 * `drain` ends services and leaves them ended until a `restart` names them; it is answered when they have ended.
 * `progress` is `status` without the figures of memory and processor: the kernel walks page tables for those, some 20 ms of a busy stack, which
 * somebody who waits for a start and asks every few milliseconds takes away from the start.
 */
export const controlRequestSchema = z.discriminatedUnion('command', [
  z.object({ command: z.enum(['status', 'progress', 'stop']) }),
  z.object({ command: z.literal('drain'), services: z.array(z.string()).min(1) }),
  z.object({ command: z.literal('outdated'), supplied: suppliedSecretsSchema.optional() }),
  z.object({
    command: z.literal('restart'),
    services: z.array(z.string()).min(1),
    supplied: suppliedSecretsSchema.optional(),
  }),
]);
export type ControlRequest = z.infer<typeof controlRequestSchema>;

const supervisorPhases = ['preparing', 'starting', 'running', 'stopping'] as const;

const memorySchema = z.object({ rssBytes: z.number(), pssBytes: z.number().nullable() }).nullable();
/** Share of one core. */
const cpuSchema = z.number().nullable().default(null);

export const controlStatusSchema = z.object({
  phase: z.enum(supervisorPhases),
  pid: z.number().int(),
  startedAt: z.string(),
  /** What is wrong with the supervision itself. */
  problem: failureSchema.optional(),
  memory: memorySchema,
  cpu: cpuSchema,
  services: z.array(
    z.object({
      name: z.string(),
      status: z.enum(serviceStatuses),
      restarts: z.number().int(),
      pid: z.number().int().nullable(),
      since: z.string(),
      wasHealthy: z.boolean(),
      detail: z.string().optional(),
      failure: failureSchema.optional(),
      memory: memorySchema,
      cpu: cpuSchema,
    }),
  ),
});
export type ControlStatus = z.infer<typeof controlStatusSchema>;

export const failedAnswerSchema = z.object({ failure: failureSchema });
export const doneAnswerSchema = z.object({ ok: z.literal(true) });
export const outdatedAnswerSchema = z.object({ services: z.array(z.string()) });
