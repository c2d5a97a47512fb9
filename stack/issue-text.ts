import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** What is wrong with a file's content, with the key and the value that it has there; without `content`, no value. */
export function issueText(issue: Issue, content: unknown): string {
  const { path, message } = closest(issue);
  const found = shown(path.reduce(below, content));
  return `${path.join('.') || '(root)'}: ${message}${found === undefined ? '' : `; it is ${found}`}`;
}

/**
 * "Invalid input" is all that a union says. What was meant is the one alternative that got as far as to find a fault
 * inside the value; when that is none of them, or several as well, the union's own message.
 */
function closest(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const inside = issue.errors.filter((faults) => faults.length === 1 && faults.every(isInside));
  const [[fault] = [], ...others] = inside;
  if (fault === undefined || others.length > 0) return issue;
  return closest({ ...fault, path: [...issue.path, ...fault.path] });
}

const isInside = ({ path, code }: Issue): boolean => path.length > 0 || code === 'unrecognized_keys';

const below = (value: unknown, key: PropertyKey): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;

const longest = 80;

// A whole object would bury the fault, and may hold what is nobody's business.
function shown(value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'object' && value !== null)) return undefined;
  const text = JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
