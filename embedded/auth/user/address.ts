import { badRequest } from '../http/failure.ts';

// The rule of HTML's e-mail field, which is also the real server's: a@b and a@localhost pass, letters beyond ASCII do not.
const email =
  /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;
const phone = /^[1-9][0-9]{1,14}$/;

/** A checked address in lower case; it is never trimmed. Throws 400 validation_failed. */
export function checkEmail(address: string): string {
  if (address === '') throw badRequest('validation_failed', 'An email address is required');
  if (address.length > 255) throw badRequest('validation_failed', 'An email address is too long');
  if (!email.test(address) || address.endsWith('\n'))
    throw badRequest('validation_failed', 'Unable to validate email address: invalid format');
  return address.toLowerCase();
}

/** E.164 without its plus. Throws 400 validation_failed. */
export function checkPhone(number: string): string {
  const digits = number.replaceAll(' ', '').replace(/^\+/, '');
  if (!phone.test(digits)) throw badRequest('validation_failed', 'Invalid phone number format (E.164 required)');
  return digits;
}
