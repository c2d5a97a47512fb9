import { anybody, asUser, atLeast, people, type Rule } from './rule.ts';

/** Functions that signed-in users call through REST, and for whom they do what they are for. */
export const calls = {
  platform_schema: anybody,
  create_account: asUser(people('user')),
  list_members: asUser(atLeast('viewer')),
  create_application_token: asUser(people('member')),
  revoke_application_token: atLeast('admin'),
  create_invitation: asUser(people('admin')),
  resend_invitation: asUser(people('admin')),
  revoke_invitation: asUser(people('admin')),
  accept_invitation: asUser(people('user')),
  set_integration_secret: atLeast('admin'),
  put_document: atLeast('member'),
  delete_document: atLeast('member'),
  get_document: atLeast('viewer'),
  list_documents: atLeast('viewer'),
  list_document_versions: atLeast('viewer'),
  promote_collection: atLeast('admin'),
  decide_deployment: asUser(people('admin')),
  list_approvals: asUser(atLeast('viewer')),
  cancel_task: atLeast('member'),
  retry_deployment: atLeast('member'),
  create_release: atLeast('member'),
  set_release_build: atLeast('member'),
  remove_release_build: atLeast('member'),
  // An admin also before every build of it was deployed.
  finalize_release: atLeast('member'),
  abort_release: atLeast('member'),
  deploy_release: atLeast('member'),
  promote_deployment: atLeast('member'),
  rollback_deployment: atLeast('member'),
  run_schedule: asUser(atLeast('member')),
  search_deployments: asUser(atLeast('viewer')),
  search_tasks: asUser(atLeast('viewer')),
  environment_lock: atLeast('viewer'),
  environment_locks: atLeast('viewer'),
  take_environment_lock: asUser(atLeast('member')),
  // One's own.
  renew_environment_lock: asUser(atLeast('member')),
  // One's own; anybody's is an admin's to release.
  release_environment_lock: asUser(atLeast('member')),
} as const satisfies Record<string, Rule>;
export type CallName = keyof typeof calls;
