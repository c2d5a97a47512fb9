import type { renewLockSchema, takeLockSchema } from '../../../contracts/api/environment-lock.ts';
import { environmentLockSchema, environmentLocksSchema } from '../../../contracts/environment-lock.ts';
import { at, type Body, type Creating, type Http } from '../request.ts';

export interface TicketOf {
  environmentId: string;
  ticketId: string;
}

const pathOf = ({ environmentId, ticketId }: TicketOf): string => at('environments', environmentId, 'locks', ticketId);

export const locks = (http: Http) => ({
  /** Who has the environment and who waits for it. */
  list: (environmentId: string) =>
    http({ method: 'GET', path: at('environments', environmentId, 'locks'), answer: environmentLocksSchema }),
  /** Repeated with the same key, at any time, it is the same ticket. */
  take: (environmentId: string, body: Body<typeof takeLockSchema> = {}, creates: Creating = {}) =>
    http({
      method: 'POST',
      path: at('environments', environmentId, 'locks'),
      body,
      creates,
      answer: environmentLockSchema,
    }),
  get: (ticketId: string) => http({ method: 'GET', path: at('locks', ticketId), answer: environmentLockSchema }),
  /** A sign of life; with `leaseSeconds` the lease ends that long from now. */
  renew: (ticket: TicketOf, body: Body<typeof renewLockSchema> = {}, signal?: AbortSignal) =>
    http({ method: 'PATCH', path: pathOf(ticket), body, answer: environmentLockSchema, signal }),
  release: (ticket: TicketOf) => http({ method: 'DELETE', path: pathOf(ticket), answer: environmentLockSchema }),
});
