import type { Party, Protection } from '../../../contracts/environment-protection.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { durationMs } from '../../input/duration.ts';
import { fields } from '../../output/table.ts';
import { UsageError } from '../../usage-error.ts';
import { findEnvironment } from './find-environment.ts';
import { partyOf, roleOption, userOption } from './party-of.ts';
import { namesOf, protectionWords } from './protection-words.ts';

interface Named {
  approvals: number | undefined;
  approvalTimeout: string | undefined;
  branch: readonly string[];
  anyBranch: boolean;
  anyDeployer: boolean;
}

/** The protection with what was named in the place of what there was. */
function changed(
  before: Protection,
  named: Named,
  approvers: Party | undefined,
  deployers: Party | undefined,
): Protection {
  const { allowedBranches: _branches, deployers: _deployers, ...rest } = before;
  const branches = named.branch.length > 0 ? [...named.branch] : named.anyBranch ? undefined : before.allowedBranches;
  const who = deployers ?? (named.anyDeployer ? undefined : before.deployers);
  return {
    ...rest,
    ...(named.approvals === undefined ? {} : { requiredApprovals: named.approvals }),
    ...(named.approvalTimeout === undefined
      ? {}
      : { approvalTimeoutSeconds: Math.round(durationMs(named.approvalTimeout, '--approval-timeout') / 1_000) }),
    ...(approvers === undefined ? {} : { approvers }),
    ...(branches === undefined ? {} : { allowedBranches: branches }),
    ...(who === undefined ? {} : { deployers: who }),
  };
}

export const command = defineCommand({
  description: 'What is not named stays. Deployments that wait already go by the rules that they were asked for under.',
  args: { environment: { completes: 'environment', summary: 'Id, or slug together with --project' } },
  options: {
    project: { type: 'string', value: 'slug', completes: 'project', short: 'p', summary: 'Project, by slug or id' },
    approvals: {
      type: 'integer',
      value: 'number',
      min: 0,
      max: 10,
      summary: 'So many approvals before it runs; 0 for none',
    },
    approverRole: roleOption('Who approves'),
    approver: userOption('Who approves'),
    approvalTimeout: { type: 'string', value: 'time', summary: 'How long a deployment waits for them, e.g. 24h' },
    branch: { type: 'list', value: 'pattern', summary: 'Take only this branch, or these: release/*; several times' },
    anyBranch: { type: 'flag', summary: 'Take any ref again' },
    deployerRole: roleOption('Who may deploy'),
    deployer: userOption('Who may deploy'),
    anyDeployer: { type: 'flag', summary: 'Let every member deploy again' },
    none: { type: 'flag', summary: 'Lift the protection, all of it' },
    ifVersion: { type: 'integer', value: 'number', min: 1, summary: 'Only when it still is this version' },
  },
  examples: [
    'sfp environment protect production -p site --approvals 2 --approver-role admin --approval-timeout 24h',
    "sfp environment protect production -p site --branch main --branch 'release/*' --deployer anna@example.com",
    'sfp environment protect production -p site --none',
  ],
  async run(context) {
    const { args, options, output } = context;
    const { approverRole, approver, deployerRole, deployer, none, ifVersion } = options;
    const { project, ...rest } = options;
    const said = Object.entries(rest).some(
      ([key, value]) =>
        !['none', 'ifVersion'].includes(key) && value !== undefined && value !== false && !isEmpty(value),
    );
    if (none && said) throw new UsageError('--none lifts all of it.', 'Name nothing else beside it.');
    if (!none && !said) {
      throw new UsageError(
        'Nothing to change.',
        'Name one of --approvals, --approver, --branch, --deployer, or --none.',
      );
    }
    const connection = await connect(context);
    const before = await findEnvironment(connection, args.environment, project, 'protect');
    const approvers = await partyOf(connection, before.accountId, approverRole, approver);
    const deployers = await partyOf(connection, before.accountId, deployerRole, deployer);
    const environment = await connection.api.environments.update(
      before.id,
      { protection: none ? {} : changed(before.protection, options, approvers, deployers) },
      { version: ifVersion ?? before.version },
    );
    const { protection } = environment;
    const nameOf = await namesOf(connection, environment.accountId, [protection.approvers, protection.deployers]);
    output.result(
      environment,
      fields([
        ['environment', environment.slug],
        ...protectionWords(protection, nameOf),
        ['version', String(environment.version)],
      ]),
    );
    output.hint('Deployments that are asked for from now on go by it.');
  },
});

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
