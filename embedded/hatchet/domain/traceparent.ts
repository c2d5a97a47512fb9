import { randomBytes } from 'node:crypto';

/** A W3C trace context: every run carries one, also when the caller gave none. */
export const newTraceparent = (): string =>
  `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
