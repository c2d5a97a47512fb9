import type { AccountRole } from '../account.ts';
import { atLeast, nobody, people, type Rule, service } from './rule.ts';

export const verbs = ['select', 'insert', 'update', 'delete'] as const;
export type Verb = (typeof verbs)[number];
export type TableRules = Readonly<Record<Verb, Rule>>;

const readOnly = (from: AccountRole): TableRules => ({
  select: atLeast(from),
  insert: service,
  update: service,
  delete: service,
});
const managed: TableRules = {
  select: atLeast('viewer'),
  insert: atLeast('admin'),
  update: atLeast('admin'),
  delete: atLeast('admin'),
};

/** Tables of `public`, through REST. What is in `private` nobody reaches. */
export const tables = {
  accounts: { select: atLeast('viewer'), insert: service, update: people('owner'), delete: people('owner') },
  // An owner's membership, and making an owner, needs an owner. Everybody may delete their own: leave.
  accounts_memberships: {
    select: atLeast('viewer'),
    insert: people('admin'),
    update: people('admin'),
    delete: people('admin'),
  },
  projects: managed,
  environments: managed,
  platform_associations: managed,
  // There is one for each account and project from its beginning.
  settings: { ...readOnly('viewer'), update: atLeast('admin') },
  // Their secrets are in `private` and come back through nothing.
  integrations: managed,
  // The platform's own people only read. Documents are in `private`: functions put and get them, wherever they are.
  collections: managed,
  deployments: { ...readOnly('viewer'), insert: atLeast('member') },
  schedules: {
    select: atLeast('viewer'),
    insert: atLeast('member'),
    update: atLeast('member'),
    delete: atLeast('member'),
  },
  schedule_runs: readOnly('viewer'),
  // `required_approvals` people approve, through decide_deployment.
  deployment_approvals: readOnly('viewer'),
  builds: { ...readOnly('viewer'), insert: atLeast('member') },
  build_artifacts: readOnly('viewer'),
  // Their moves, and what a release begun no longer changes, are triggers' matters.
  releases: { ...readOnly('viewer'), insert: atLeast('member'), update: atLeast('member') },
  release_builds: {
    select: atLeast('viewer'),
    insert: atLeast('member'),
    update: atLeast('member'),
    delete: atLeast('member'),
  },
  tasks: readOnly('viewer'),
  task_events: readOnly('viewer'),
  environment_allocations: readOnly('viewer'),
  // Everybody sees their own.
  application_tokens: readOnly('admin'),
  invitations: readOnly('admin'),
  audit_log: { select: atLeast('admin'), insert: nobody, update: nobody, delete: nobody },
} as const satisfies Record<string, TableRules>;
export type TableName = keyof typeof tables;
