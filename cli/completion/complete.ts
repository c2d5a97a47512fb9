import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { configDir, contextsPath } from '../context/contexts-path.ts';
import { nameCache } from './name-cache.ts';
import type { Name } from './names.ts';

// A shell waits for this while somebody types. For a slow machine or line: SFP_COMPLETION_TIMEOUT, in milliseconds.
const limitMs = (env: NodeJS.ProcessEnv): number => {
  const set = Number(env.SFP_COMPLETION_TIMEOUT);
  return set > 0 && set <= 60_000 ? set : 1_000;
};

/**
 * `sfp __complete <words…>`, called by the shells' scripts: prints the names that may stand where the last word is, one a
 * line, with a hint behind a tab. Whatever goes wrong it prints nothing: nobody asked a question that has an error for an
 * answer. Loads as little as it can; what was offered a moment ago is offered again without asking the server.
 */
export async function complete(words: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const typed = current.startsWith('-') ? current.slice(current.indexOf('=') + 1) : current;
  const cache = nameCache(join(configDir(env), 'completion-cache.json'));
  const key = keyOf([...before, current.slice(0, current.length - typed.length)], env);
  const known = cache.get(key);
  if (known !== undefined) return print(known, typed);
  const lines = await within(limitMs(env), linesFor(before, current, env));
  if (lines === undefined) return;
  print(lines, typed);
  cache.set(key, lines);
}

function print(lines: readonly string[], typed: string): void {
  const fitting = lines.filter((line) => line.startsWith(typed));
  process.stdout.write(fitting.map((line) => `${line}\n`).join(''));
}

/** Who asks where; another login, or another server, has other names. */
function keyOf(words: readonly string[], env: NodeJS.ProcessEnv): string {
  const settings = [env.SFP_CONTEXT, env.SFP_URL, env.SFP_TOKEN, env.SFP_HOME];
  const saved = statSync(contextsPath(env), { throwIfNoEntry: false })?.mtimeMs;
  return createHash('sha256')
    .update(JSON.stringify([words, settings, saved]))
    .digest('base64url');
}

// A name goes into a command line as it is: one with signs that a shell reads is not offered. Members choose addresses.
const safe = /^[A-Za-z0-9][\w.@:+/-]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal would obey them
const control = /[\u0000-\u001f\u007f-\u009f]+/g;
const line = ({ name, hint }: Name): string => `${name}\t${hint.replace(control, ' ')}`.trimEnd();

/** A refresh of the login that must not be cut off: its token works once. */
let refreshing: Promise<unknown> | undefined;

async function linesFor(before: readonly string[], current: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const [{ commandTable }, { takeGlobals }, { positionOf }, { groupOf }] = await Promise.all([
    import('../command-table.ts'),
    import('../globals.ts'),
    import('./position.ts'),
    import('../group-aliases.ts'),
  ]);
  const ofContext = before.at(-1) === '--context' || current.startsWith('--context=');
  const { globals, rest } = takeGlobals(before.at(-1) === '--context' ? before.slice(0, -1) : before, env);
  const words = rest.filter((word) => !word.startsWith('-'));
  const entry = commandTable.find(({ path }) =>
    path.split(' ').every((part, index) => (index === 0 ? groupOf(words[0] ?? '') : words[index]) === part),
  );
  const position = ofContext
    ? { kind: 'context' as const, options: new Map<string, string>() }
    : entry && positionOf(entry, (await entry.load()).command, rest, current);
  if (position === undefined) return [];
  const [{ namesOf }, { createFileContextStore }] = await Promise.all([
    import('./names.ts'),
    import('../context/file-store.ts'),
  ]);
  const store = createFileContextStore(contextsPath(env));
  const contexts: typeof store = {
    ...store,
    update(name, change) {
      const update = store.update(name, change);
      refreshing = update;
      return update;
    },
  };
  const names = await namesOf(position, { contexts, contextName: globals.contextName, env });
  return names.filter(({ name }) => safe.test(name)).map(line);
}

/** What comes in time; undefined when nothing does, or it fails. */
async function within(ms: number, work: Promise<string[]>): Promise<string[] | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, ms, undefined).unref());
  try {
    return await Promise.race([work, late]);
  } catch {
    return undefined; // not logged in, no such project, no server: nothing to offer
  } finally {
    await refreshing?.catch(() => undefined); // the next command says what is wrong with the login
  }
}
