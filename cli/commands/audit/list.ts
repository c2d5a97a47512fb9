import { type AuditEntry, auditActions, auditSubjects } from '../../../contracts/audit-entry.ts';
import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { pastMoment } from '../../input/past-moment.ts';
import { table } from '../../output/table.ts';

const whoOf = ({ actor }: AuditEntry): string =>
  `${actor.email ?? actor.userId ?? actor.role}${actor.applicationTokenId === null ? '' : ' (token)'}`;

export const command = defineCommand({
  description:
    'Who changed what, from where, newest first. For admins and owners of an account. Nothing changes the log.',
  options: {
    actor: { type: 'string', value: 'who', completes: 'member', summary: 'Only by this user: e-mail address or id' },
    tokenId: { type: 'string', value: 'id', completes: 'token', summary: 'Only with this application token' },
    action: { type: 'string', value: 'action', choices: auditActions, summary: 'Only this' },
    subject: { type: 'string', value: 'type', choices: auditSubjects, summary: 'Only things of this kind' },
    id: { type: 'string', value: 'id', summary: 'Only this thing' },
    since: { type: 'string', value: 'when', summary: 'Not before: a date, or how long ago, such as 30m, 12h, 7d' },
    until: { type: 'string', value: 'when', summary: 'Before this moment' },
    ...accountOption,
    ...pageOptions,
  },
  examples: ['sfp audit list --since 7d --subject membership', 'sfp audit list --actor ann@example.com --json'],
  async run(context) {
    const { options } = context;
    const now = Date.now();
    const connection = await connect(context);
    const filter = {
      accountId: await accountIdOf(connection, options.account),
      actor: options.actor,
      tokenId: options.tokenId,
      action: options.action,
      subject: options.subject,
      subjectId: options.id,
      since: options.since === undefined ? undefined : pastMoment(options.since, '--since', now),
      until: options.until === undefined ? undefined : pastMoment(options.until, '--until', now),
    };
    const entries = await listPages((page) => connection.api.audit.list({ ...filter, ...page }), options.limit);
    context.output.result(
      entries,
      table(
        [
          { title: 'when', value: ({ at }) => at.replace(/\.\d+/, '') },
          { title: 'who', value: whoOf },
          { title: 'did', value: ({ action }) => action },
          { title: 'what', value: ({ subject }) => subject.type },
          { title: 'id', value: ({ subject }) => subject.id ?? '' },
          { title: 'values', value: ({ detail }) => JSON.stringify(detail) },
          { title: 'from', value: ({ source }) => source.address ?? '' },
        ],
        entries,
        'Nothing in the log fits.',
      ),
    );
  },
});
