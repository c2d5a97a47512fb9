import { z } from 'zod';

const maxDepth = 100;

/** How deep arrays and objects lie in each other. Not by recursion: what comes may be as deep as a body is long. */
function isDeeperThan(value: unknown, depth: number): boolean {
  let level: unknown[] = [value];
  for (let at = 0; level.length > 0; at += 1) {
    if (at > depth) return true;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
}

/** What a document may be: any JSON but null, that Postgres can hold. */
export const documentValueSchema = z
  .unknown()
  .refine((value) => value !== undefined && value !== null, 'a document is any JSON but null')
  .refine((value) => !isDeeperThan(value, maxDepth), `arrays and objects in each other at most ${maxDepth} deep`)
  .refine(
    // Well-formed JSON.stringify escapes these two and nothing else so; an even run of backslashes is text.
    (value) =>
      isDeeperThan(value, maxDepth) || !/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/.test(JSON.stringify(value) ?? ''),
    'text without NUL and without half characters',
  )
  .meta({ description: 'Any JSON but null' });
