import type { Config } from '../config.ts';
import { badRequest, WeakPassword } from '../http/failure.ts';

export interface Weakness {
  reasons: ('length' | 'characters')[];
  message: string;
}

/** What a password lacks by the rules of the instance, or undefined. */
export function weaknessOf(password: string, rules: Config['passwordRules']): Weakness | undefined {
  const reasons: Weakness['reasons'] = [];
  const messages: string[] = [];
  if (Buffer.byteLength(password) < rules.minLength) {
    reasons.push('length');
    messages.push(`Password should be at least ${rules.minLength} characters.`);
  }
  if (rules.requiredCharacters.some((set) => ![...set].some((character) => password.includes(character)))) {
    reasons.push('characters');
    messages.push(`Password should contain at least one character of each: ${rules.requiredCharacters.join(', ')}.`);
  }
  return reasons.length === 0 ? undefined : { reasons, message: messages.join(' ') };
}

/** bcrypt reads 72 bytes and no more. */
export function checkLength(password: string): void {
  if (Buffer.byteLength(password) > 72)
    throw badRequest('validation_failed', 'Password cannot be longer than 72 characters');
}

export function checkStrength(password: string, rules: Config['passwordRules']): void {
  checkLength(password);
  const weakness = weaknessOf(password, rules);
  if (weakness !== undefined) throw new WeakPassword(weakness);
}
