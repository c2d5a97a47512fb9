import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

// Long enough for the Tabs of one line, short enough that what was just made is there.
const keptMs = 8_000;

type Entries = Record<string, { at: number; lines: string[] }>;

function entriesOf(path: string, now: number): Entries {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {}; // none yet, or half a file: it is only a cache
  }
  const found: Entries = {};
  for (const [key, value] of Object.entries(typeof parsed === 'object' && parsed !== null ? parsed : {})) {
    if (typeof value !== 'object' || value === null || !('at' in value) || !('lines' in value)) continue;
    const { at, lines } = value;
    if (typeof at !== 'number' || at > now || now - at > keptMs || !Array.isArray(lines)) continue;
    found[key] = { at, lines: lines.filter((line) => typeof line === 'string') };
  }
  return found;
}

/** Lines that were offered a moment ago, in a file that only its owner reads. Names alone: no token, no password. */
export const nameCache = (path: string, now: () => number = Date.now) => ({
  get: (key: string): readonly string[] | undefined => entriesOf(path, now())[key]?.lines,
  set(key: string, lines: readonly string[]): void {
    const entries = { ...entriesOf(path, now()), [key]: { at: now(), lines } };
    const temporary = `${path}.${process.pid}.tmp`;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, JSON.stringify(entries), { mode: 0o600 });
    renameSync(temporary, path);
  },
});
