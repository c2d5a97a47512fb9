import { rolePassword } from '../role-password.ts';

/** Tells one database password from another without being it: a role's that does not exist. */
export const passwordDigest = (databasePassword: string): string => rolePassword(databasePassword, 'sfp_digest');
