import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type AuditEntry, auditInsert } from '../audit.ts';
import type { Database } from '../database.ts';
import type { User } from './user.ts';

const phoneLength = 15;

/**
 * Removes the person and keeps the row: what identified them becomes a hash that only the same id and value give again,
 * sessions end, and the address is free for a new account.
 */
export function softDelete(database: Database, user: User, audit: AuditEntry): Promise<void> {
  const hidden = (value: string): string => createHash('sha256').update(`${user.id}${value}`).digest('base64url');
  return database.transaction(async (statements) => {
    await statements.rows(
      'soft-delete-user',
      `with u as (
         update auth.users set email = $2, phone = $3, email_change = $4, phone_change = $5, encrypted_password = null,
           confirmation_token = '', recovery_token = '', email_change_token_current = '', email_change_token_new = '',
           phone_change_token = '', reauthentication_token = '', raw_app_meta_data = '{}', raw_user_meta_data = '{}',
           deleted_at = now(), updated_at = now()
          where id = $1
       ), sessions as (delete from auth.sessions where user_id = $1),
       tokens as (delete from auth.one_time_tokens where user_id = $1),
       factors as (delete from auth.mfa_factors where user_id = $1)
       ${auditInsert('$6')}`,
      [
        user.id,
        hidden(user.email),
        hidden(user.phone).slice(0, phoneLength),
        hidden(user.email_change),
        hidden(user.phone_change).slice(0, phoneLength),
        JSON.stringify(audit),
      ],
      z.unknown(),
    );
    for (const identity of user.identities ?? [])
      await statements.rows(
        'soft-delete-identity',
        `update auth.identities set provider_id = $2, identity_data = '{}' where id = $1`,
        [identity.id, hidden(identity.provider_id)],
        z.unknown(),
      );
  });
}
