/** The payload of a row in auth.audit_log_entries. */
export interface AuditEntry {
  action: string;
  actor_id: string;
  actor_username: string;
  actor_via_sso: false;
  log_type: 'account' | 'team' | 'token' | 'user';
  traits?: Record<string, unknown>;
}

interface Actor {
  id: string;
  email: string;
  phone: string;
}

const logTypes = {
  login: 'account',
  logout: 'account',
  user_signedup: 'team',
  user_deleted: 'team',
  token_refreshed: 'token',
  token_revoked: 'token',
  user_modified: 'user',
  user_updated_password: 'user',
  user_repeated_signup: 'user',
  user_confirmation_requested: 'user',
} as const satisfies Record<string, AuditEntry['log_type']>;

/** What a user did to itself. */
export const auditOfUser = (
  action: keyof typeof logTypes,
  actor: Actor,
  traits?: Record<string, unknown>,
): AuditEntry => ({
  action,
  actor_id: actor.id,
  actor_username: actor.email === '' ? actor.phone : actor.email,
  actor_via_sso: false,
  log_type: logTypes[action],
  ...(traits === undefined ? {} : { traits }),
});

/** What a service key did to a user. */
export const auditOfAdmin = (
  action: keyof typeof logTypes,
  role: string,
  subject: Actor,
  traits: Record<string, unknown> = {},
): AuditEntry => ({
  action,
  actor_id: '00000000-0000-0000-0000-000000000000',
  actor_username: role,
  actor_via_sso: false,
  log_type: logTypes[action],
  traits: { ...traits, user_email: subject.email, user_id: subject.id, user_phone: subject.phone },
});

/** SQL that writes the entry in the given parameter; part of a larger statement. */
export const auditInsert = (parameter: string): string =>
  `insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
   values ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), ${parameter}::json, now(), '')`;
