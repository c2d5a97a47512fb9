/** Whether a pushed key starts a workflow that listens for `pattern`: `*` in the pattern is any run of characters. */
export function matchesEventKey(pattern: string, key: string): boolean {
  if (!pattern.includes('*')) return pattern === key;
  const source = pattern
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`, 's').test(key);
}
