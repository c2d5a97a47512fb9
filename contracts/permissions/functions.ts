/** Roles of the database that an API key or a token makes. */
export type DatabaseRole = 'anon' | 'authenticated' | 'service_role';

/** Who may call which function; what is not here nobody may. What it then does for whom it decides by role itself. */
export const functions: Readonly<Record<string, readonly DatabaseRole[]>> = {
  'public.platform_schema': ['anon', 'authenticated', 'service_role'],
  'public.create_account': ['authenticated'],
  'public.list_members': ['authenticated'],
  'public.create_application_token': ['authenticated'],
  'public.revoke_application_token': ['authenticated', 'service_role'],
  'public.create_invitation': ['authenticated'],
  'public.resend_invitation': ['authenticated'],
  'public.revoke_invitation': ['authenticated'],
  'public.accept_invitation': ['authenticated'],
  'public.set_integration_secret': ['authenticated', 'service_role'],
  'public.decide_deployment': ['authenticated'],
  'public.cancel_task': ['authenticated', 'service_role'],
  'public.retry_deployment': ['authenticated', 'service_role'],
  // What policies ask.
  'private.member_account_ids': ['authenticated'],
  'private.person_account_ids': ['authenticated'],
  'private.may_join_topic': ['authenticated'],
  // The API server, the dispatcher, the workers.
  'public.find_invitation': ['service_role'],
  'public.resolve_application_token': ['service_role'],
  'public.begin_idempotent': ['service_role'],
  'public.finish_idempotent': ['service_role'],
  'public.ensure_credentials_key': ['service_role'],
  'public.rotate_credentials_key': ['service_role'],
  'public.read_task_credentials': ['service_role'],
  'public.claim_outbox': ['service_role'],
  'public.complete_outbox': ['service_role'],
  'public.fail_outbox': ['service_role'],
  'public.waiting_tasks': ['service_role'],
  'public.redispatch_task': ['service_role'],
  'public.recover_tasks': ['service_role'],
  'public.expire_approvals': ['service_role'],
  'public.start_task': ['service_role'],
  'public.append_task_events': ['service_role'],
  'public.finish_task': ['service_role'],
  'public.acquire_environment': ['service_role'],
  'public.release_environment': ['service_role'],
};
