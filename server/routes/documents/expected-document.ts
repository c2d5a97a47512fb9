import { z } from 'zod';
import { expectedVersion } from '../../http/if-match.ts';
import { ApiProblem } from '../../http/problem.ts';

export const documentHeaders = z.object({
  'if-match': z.string().optional().describe('ETag of the version that is changed; a later one is a 409'),
  'if-none-match': z.string().optional().describe('*: only when there is no such document yet'),
});

/** What the caller expects to find: a version, none (0), or whatever is there (null). */
export function expectedDocument(headers: z.output<typeof documentHeaders>): number | null {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (noneMatch === undefined) return match === undefined ? null : expectedVersion(match);
  if (noneMatch.trim() === '*' && match === undefined) return 0;
  throw new ApiProblem(400, {
    code: 'if_none_match_invalid',
    message: 'If-None-Match is * and comes without If-Match.',
    detail: noneMatch.slice(0, 100),
    suggestion: 'Send If-None-Match: * for a new document, If-Match with an ETag for one that was read.',
  });
}
