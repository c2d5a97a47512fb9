import { z } from 'zod';
import type { Statements } from '../database.ts';
import { identitiesOf } from './identity.ts';
import { type User, userColumns, userSchema } from './user.ts';

const select = `select ${userColumns}, ${identitiesOf('u.id')} as identities`;

/** The user of an address within an audience. Users of single sign-on are another matter: they have no password. */
export async function findByEmail(statements: Statements, email: string, audience: string): Promise<User | undefined> {
  const [user] = await statements.rows(
    'user-by-email',
    `${select} from auth.users u where u.email = $1 and u.aud = $2 and u.is_sso_user = false`,
    [email, audience],
    userSchema,
  );
  return user;
}

export async function findById(
  statements: Statements,
  id: string,
  options: { lock?: boolean } = {},
): Promise<User | undefined> {
  const lock = options.lock === true;
  const [user] = await statements.rows(
    lock ? 'user-by-id-locked' : 'user-by-id',
    `${select} from auth.users u where u.id = $1${lock ? ' for update of u' : ''}`,
    [id],
    userSchema,
  );
  return user;
}

/** Is the address taken by another user of any audience? */
export async function isEmailTaken(statements: Statements, email: string, exceptId: string): Promise<boolean> {
  const [row] = await statements.rows(
    'email-taken',
    'select exists (select from auth.users where email = $1 and id <> $2 and is_sso_user = false) as taken',
    [email, exceptId],
    z.object({ taken: z.boolean() }),
  );
  return row?.taken ?? false;
}

const withSessionSchema = userSchema.extend({ session_exists: z.boolean() });

/** The user of a token and whether its session lives, in one round trip. */
export async function findWithSession(
  statements: Statements,
  id: string,
  sessionId: string | null,
): Promise<(User & { session_exists: boolean }) | undefined> {
  const [user] = await statements.rows(
    'user-with-session',
    `${select}, exists (select from auth.sessions s where s.id = $2 and s.user_id = u.id) as session_exists from auth.users u where u.id = $1`,
    [id, sessionId],
    withSessionSchema,
  );
  return user;
}
