import { z } from 'zod';
import { ApiProblem } from '../../http/problem.ts';

/** The last row of a page, as `list_documents` gives and takes it. */
export const positionSchema = z.object({
  key: z.string().max(512),
  updated_at: z.string().regex(/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/),
});

export const encodeCursor = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString('base64url');

/** What a cursor of ours holds, or the problem that it is none. */
export function decodeCursor<Schema extends z.ZodType>(cursor: string, schema: Schema): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch (cause) {
    throw new ApiProblem(
      400,
      {
        code: 'cursor_invalid',
        message: 'The cursor is not one of ours.',
        suggestion: 'Start again without a cursor.',
      },
      { cause },
    );
  }
}
