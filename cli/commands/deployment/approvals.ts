import type { Approval } from '../../../contracts/approval.ts';
import type { Deployment } from '../../../contracts/deployment.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import type { TextView } from '../../output/output.ts';
import type { Style } from '../../output/style.ts';
import { fields, table } from '../../output/table.ts';
import { type NameOf, namesOf, partyWords } from '../environment/protection-words.ts';
import { decideArgs } from './decide.ts';

export const command = defineCommand({
  args: decideArgs,
  async run(context) {
    const { args, output } = context;
    const connection = await connect(context);
    const deployment = await connection.api.deployments.get(args.id);
    const approvals = await connection.api.approvals.list(args.id);
    const nameOf = await namesOf(connection, deployment.accountId, [deployment.approval.approvers]);
    output.result(
      { status: deployment.status, approval: deployment.approval, approvals },
      (style) => `${shown(head(deployment, approvals, nameOf), style)}\n\n${shown(list(approvals), style)}`,
    );
  },
});

const shown = (view: TextView, style: Style): string => (typeof view === 'string' ? view : view(style));
const toneOf = ({ decision, counts }: Approval) => (decision === 'rejected' ? 'red' : counts ? 'green' : 'dim');

function head({ status, approval }: Deployment, approvals: readonly Approval[], nameOf: NameOf) {
  const given = approvals.filter(({ decision, counts }) => decision === 'approved' && counts).length;
  const waits = status === 'awaiting_approval';
  return fields([
    ['deployment', status.replace('_', ' ')],
    ['approvals', approval.required === 0 ? 'none needed' : `${given} of ${approval.required}`],
    ['approvers', approval.required === 0 ? null : partyWords(approval.approvers, nameOf)],
    ['until', waits ? approval.expiresAt : null],
  ]);
}

const list = (approvals: readonly Approval[]) =>
  table(
    [
      { title: 'who', value: ({ email, userId }) => email || userId },
      {
        title: 'decision',
        value: ({ decision, counts }) => (counts ? decision : `${decision}, no longer an approver`),
        tone: toneOf,
      },
      { title: 'comment', value: ({ comment }) => comment.replace(/\s+/g, ' ') },
      { title: 'when', value: ({ createdAt }) => createdAt },
    ],
    approvals,
    'Nobody has decided.',
  );
