import { createHmac } from 'node:crypto';

/**
 * The password of one database role, made from the stack's one secret. A process is given its own role's only, so that
 * what breaks into REST or the task engine does not hold the superuser's. Hexadecimal: it stands in URLs.
 */
export const rolePassword = (databasePassword: string, role: string): string =>
  createHmac('sha256', databasePassword).update(`role:${role}`).digest('hex');
