/** Compares the leading numbers of versions such as `20.10.24+dfsg1`, `v2.26.1-4` or `2.20`. */
export function isVersionAtLeast(version: string, least: string): boolean {
  const [have, want] = [version, least].map((text) => (text.match(/\d+/g) ?? []).map(Number));
  for (const [index, needed] of (want ?? []).entries()) {
    const part = have?.[index] ?? 0;
    if (part !== needed) return part > needed;
  }
  return true;
}
