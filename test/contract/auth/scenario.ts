/** A user that a scenario meets without making it. `before`: the line before which it is made, else the first. */
export interface SetUpUser {
  email: string;
  userMetadata?: Record<string, unknown>;
  appMetadata?: Record<string, unknown>;
  before?: number;
}

/** What was done beside the recorded requests. */
export interface SetUp {
  users?: SetUpUser[];
  /** Unrecorded deletions by an administrator: line → address. */
  deletions?: Record<number, string>;
  /** Restarts with other keys: line → how GOTRUE_JWT_KEYS is made from the key pair of the run. */
  keys?: Record<number, 'ec signs' | 'oct signs' | 'ec only'>;
  /** Lines before which the reuse interval has to be over. */
  afterMs?: Record<number, number>;
}

const user = (email: string): SetUp => ({ users: [{ email: `${email}@example.com` }] });

export const setUps: Record<string, SetUp> = {
  '06_signin_password': { users: [{ email: 'ana.06@example.com' }, { email: 'ban.06@example.com' }] },
  '07_error_shapes': user('ana.07'),
  '08_refresh_default': user('ana.08'),
  '08b_refresh_interval': { ...user('ana.08'), afterMs: { 16: 3200 } },
  '09b_refresh_no_rotation': user('ana.08'),
  '10_logout_scopes': user('ana.10'),
  '11_get_user': {
    users: [{ email: 'ana.11@example.com', userMetadata: { name: 'Ana' } }],
    deletions: { 69: 'ana.11@example.com' },
  },
  '12_put_user': {
    users: [{ email: 'ana.12@example.com', userMetadata: { a: 1, b: { c: 2 } } }, { email: 'taken.12@example.com' }],
  },
  '22_admin_list': {
    users: Array.from({ length: 23 }, (_, n) => ({
      email: `u${String(n).padStart(2, '0')}.22@example.com`,
      userMetadata: { full_name: `User ${n}` },
    })),
  },
  '23_admin_get_update_delete': {
    users: [
      { email: 'ana.23@example.com', userMetadata: { a: 1 }, appMetadata: { plan: 'x' } },
      { email: 'taken.23@example.com' },
      { email: 'sdk.23@example.com', before: 57 },
    ],
  },
  '27b_linking_disabled': user('ana.27'),
  '31_es256_jwks': { ...user('ana.31'), keys: { 0: 'ec signs', 38: 'oct signs', 45: 'ec only' } },
};
