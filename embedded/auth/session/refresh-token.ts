import { randomInt } from 'node:crypto';

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
const length = 12;

/** A refresh token of the first kind: twelve of a-z0-9, about 62 bits, looked up by value. */
export const newRefreshToken = (): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');

export const isRefreshToken = (text: string): boolean => text.length === length;
