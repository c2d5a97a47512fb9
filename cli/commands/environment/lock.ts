import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isPassing } from '../../../client/api/api-error.ts';
import { attendedKeepSeconds, type EnvironmentLock } from '../../../contracts/environment-lock.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { UsageError } from '../../usage-error.ts';
import { findEnvironment } from './find-environment.ts';
import { lockSeconds } from './lock-seconds.ts';
import { lockFields } from './lock-view.ts';
import { waitForTurn } from './wait-for-turn.ts';

const retryMs = [300, 1_000, 3_000];

/** With one key for all tries, a try whose answer was lost made the same ticket. */
async function persistently(take: (idempotencyKey: string) => Promise<EnvironmentLock>): Promise<EnvironmentLock> {
  const key = randomUUID();
  for (const ms of retryMs) {
    try {
      return await take(key);
    } catch (error) {
      if (!isPassing(error)) throw error;
      await delay(ms);
    }
  }
  return take(key);
}

export const command = defineCommand({
  description:
    'Takes a ticket in the line for the environment, in which deployments stand too, and answers at once: held, or the place in the line. With --wait it comes back when the environment is yours. The lease begins then; after it the next one gets the environment. While --wait waits, Ctrl-C gives the ticket back.\nA ticket that nobody waits with keeps its place for --keep; when its turn comes, sfp environment wait must be run within that time too.\nExit code: 0 also when the ticket only waits (without --wait), 1 when --wait-timeout is over, 3 after Ctrl-C.',
  args: { environment: { summary: 'Id, or slug together with --project', completes: 'environment' } },
  options: {
    project: { type: 'string', value: 'slug', completes: 'project', short: 'p', summary: 'Project, by slug or id' },
    duration: { type: 'string', value: 'duration', default: '60m', summary: 'How long you hold it: 1m to 24h' },
    reason: { type: 'string', value: 'text', summary: 'What for; everybody of the account sees it' },
    wait: { type: 'flag', short: 'w', summary: 'Wait until it is yours' },
    waitTimeout: { type: 'string', value: 'duration', summary: 'Give up and give the ticket back after this time' },
    keep: { type: 'string', value: 'duration', summary: 'How long a place is kept unattended: 30m, 2m with --wait' },
  },
  examples: [
    'sfp environment lock staging --project site --reason "load test" --duration 2h --wait',
    'sfp env lock staging -p site --json',
  ],
  async run(context) {
    const { args, options, output, signal } = context;
    if (options.waitTimeout !== undefined && !options.wait) {
      throw new UsageError('--wait-timeout says how long to wait.', 'Give --wait with it.');
    }
    const keepSeconds =
      options.keep !== undefined ? lockSeconds(options.keep, '--keep') : options.wait ? attendedKeepSeconds : undefined;
    const body = {
      leaseSeconds: lockSeconds(options.duration, '--duration'),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      ...(keepSeconds === undefined ? {} : { keepSeconds }),
    };
    const connection = await connect(context);
    const { id, slug } = await findEnvironment(connection, args.environment, options.project, 'lock');
    const ticket = await persistently((idempotencyKey) => connection.api.locks.take(id, body, { idempotencyKey }));
    const lock =
      ticket.status === 'waiting' && options.wait
        ? await waitForTurn({
            connection,
            output,
            signal,
            ticket,
            timeout: options.waitTimeout,
            onTimeout: 'give back',
          })
        : ticket;
    output.result(lock, lockFields(lock));
    output.hint(
      lock.status === 'held'
        ? `${slug} is yours. Deploy inside it: sfp deploy --ticket ${lock.ticketId} …; give it back: sfp environment unlock ${lock.ticketId}`
        : `Wait for it: sfp environment wait ${lock.ticketId}`,
    );
  },
});
