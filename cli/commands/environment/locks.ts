import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { table } from '../../output/table.ts';
import { findEnvironment } from './find-environment.ts';
import { moment, waitText, whoOf } from './lock-view.ts';

export const command = defineCommand({
  description: 'Holder first, then deployments inside the lock (>), then who waits, in the order of asking.',
  args: { environment: { summary: 'Id, or slug together with --project', completes: 'environment' } },
  options: {
    project: { type: 'string', value: 'slug', completes: 'project', short: 'p', summary: 'Project, by slug or id' },
  },
  async run(context) {
    const { args, options, output } = context;
    const connection = await connect(context);
    const { id, slug } = await findEnvironment(connection, args.environment, options.project, 'locks');
    const locks = await connection.api.locks.list(id);
    const rows = [...(locks.holder === null ? [] : [locks.holder]), ...locks.inside, ...locks.queue];
    output.result(
      locks,
      table(
        [
          {
            title: 'position',
            value: ({ status, position, insideTicketId }) =>
              `${insideTicketId === null ? '' : '> '}${status === 'held' ? 'held' : position}`,
          },
          { title: 'who', value: whoOf },
          { title: 'reason', value: ({ reason }) => reason ?? '' },
          { title: 'until', value: ({ status, expiresAt }) => (status === 'held' ? moment(expiresAt ?? '') : '') },
          { title: 'wait', value: (lock) => (lock.status === 'waiting' ? waitText(lock) : '') },
          { title: 'ticket', value: ({ ticketId }) => ticketId },
        ],
        rows,
        `Nobody holds ${slug}, and nobody waits for it.`,
      ),
    );
  },
});
