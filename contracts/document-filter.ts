import { z } from 'zod';
import { documentPathSchema } from './document.ts';

const operators = ['!=', '>=', '<=', '=', '>', '<'] as const;

/** One condition on a field: it is there, of the value's type, and compares so. `!=` also holds where there is none. */
const documentFilterSchema = z
  .object({
    path: documentPathSchema,
    op: z.enum(operators),
    value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
  })
  .refine(
    ({ op, value }) => op === '=' || op === '!=' || typeof value === 'string' || typeof value === 'number',
    'what is compared by size is a text or a number',
  );
export type DocumentFilter = z.infer<typeof documentFilterSchema>;

/** What stands after the operator: JSON when it is a number, true, false, null or a text in quotes; else text as it is. */
function scalarOf(text: string): DocumentFilter['value'] {
  if (/^(-?\d|true$|false$|null$|".*"$)/.test(text)) {
    try {
      const value: unknown = JSON.parse(text);
      if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as string;
    } catch {
      // `2026-01-31` begins as a number does and is text.
    }
  }
  return text;
}

/** `status=failed`, `size>10`, `build.number>=7`, `version="10"` (the text, not the number). */
export const documentFilterTextSchema = z.string().transform((text, context): DocumentFilter => {
  const [, path, op, value] = /^([^=!<>]+)(!=|>=|<=|=|>|<)(.*)$/s.exec(text) ?? [];
  const parsed = documentFilterSchema.safeParse({ path: path?.trim(), op, value: scalarOf((value ?? '').trim()) });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  context.addIssue({
    code: 'custom',
    message: `a filter is <path><operator><value>, as in status=failed or size>10, with one of ${operators.join(' ')} (${issue?.message})`,
  });
  return z.NEVER;
});
