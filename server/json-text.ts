import { z } from 'zod';

/** A string that holds JSON, as the value in it; what that must be is said with `.pipe`. */
export const jsonText = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue('not JSON');
    return z.NEVER;
  }
});
