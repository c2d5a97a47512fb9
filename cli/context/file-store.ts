import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SfpError } from '../../contracts/error.ts';
import type { Context } from './context.ts';
import { savedContextsSchema } from './context.ts';
import type { ContextStore, SavedContexts } from './store.ts';

// A refresh under the lock is one request; a lock older than this is a dead process's.
const staleLockMs = 30_000;
const lockWaitMs = 40_000;

export function createFileContextStore(path: string): ContextStore {
  const read = async (): Promise<SavedContexts> => {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return { current: null, contexts: [] };
      throw error;
    }
    const parsed = savedContextsSchema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw new SfpError({
      code: 'contexts_file_invalid',
      message: 'The file of saved logins cannot be read.',
      detail: path,
      suggestion: 'Move it away and log in again: sfp login',
    });
  };

  const change = async (next: (saved: SavedContexts) => Promise<SavedContexts> | SavedContexts): Promise<void> => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const unlock = await lock(`${path}.lock`);
    try {
      await replace(path, JSON.stringify({ version: 1, ...(await next(await read())) }, null, 2));
    } finally {
      await unlock();
    }
  };

  const known = (saved: SavedContexts, name: string): Context => {
    const found = saved.contexts.find((context) => context.name === name);
    if (found !== undefined) return found;
    throw new SfpError({
      code: 'context_not_found',
      message: `There is no saved server called ${name}.`,
      suggestion: 'List them with: sfp context list',
    });
  };

  const put = (saved: SavedContexts, context: Context): readonly Context[] =>
    [...saved.contexts.filter(({ name }) => name !== context.name), context].sort((a, b) => (a.name < b.name ? -1 : 1));

  return {
    path,
    read,
    save: (context, options) =>
      change((saved) => ({
        current: options?.use === true || saved.current === null ? context.name : saved.current,
        contexts: put(saved, context),
      })),
    use: (name) => change((saved) => ({ ...saved, current: known(saved, name).name })),
    remove: (name) =>
      change((saved) => ({
        current: saved.current === name ? null : saved.current,
        contexts: saved.contexts.filter((context) => context.name !== name),
      })),
    async update(name, next) {
      let updated: Context | undefined;
      await change(async (saved) => {
        updated = await next(known(saved, name));
        return { ...saved, contexts: put(saved, updated) };
      });
      if (updated === undefined) throw new Error(`context ${name} was not updated`);
      return updated;
    },
  };
}

const isErrno = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema says what is wrong with it
  }
}

/** Written beside it and renamed: a reader, and a crash, see the old file or the new one. */
async function replace(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(`${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(temporary, 0o600);
  await rename(temporary, path);
}

async function lock(path: string): Promise<() => Promise<void>> {
  const deadline = Date.now() + lockWaitMs;
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    // Not there any more: its holder has just let go.
    const held = await stat(path).catch(() => undefined);
    if (held !== undefined && Date.now() - held.mtimeMs > staleLockMs) await rm(path, { force: true });
    if (Date.now() > deadline) {
      throw new SfpError({
        code: 'contexts_locked',
        message: 'Another sfp holds the file of saved logins.',
        detail: path,
        suggestion: 'Wait for it, or remove that lock file when no sfp runs.',
      });
    }
    await delay(20);
  }
}
