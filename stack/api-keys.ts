import { createHash, randomBytes } from 'node:crypto';

/**
 * `sb_publishable_` or `sb_secret_` + 22 base64url characters + `_` + 8 characters of a checksum, as Supabase's
 * add-new-auth-keys.sh makes them for self-hosted stacks.
 */
export function newApiKey(kind: 'publishable' | 'secret'): string {
  const body = `sb_${kind}_${randomBytes(17).toString('base64url').slice(0, 22)}`;
  return `${body}_${apiKeyChecksum(body)}`;
}

const apiKeyChecksum = (body: string): string =>
  createHash('sha256').update(`supabase-self-hosted|${body}`).digest('base64url').slice(0, 8);

/** True for a key of either kind with a right checksum. */
export function isApiKey(key: string): boolean {
  const match = /^(sb_(?:publishable|secret)_[A-Za-z0-9_-]{22})_([A-Za-z0-9_-]{8})$/.exec(key);
  return match?.[1] !== undefined && apiKeyChecksum(match[1]) === match[2];
}
