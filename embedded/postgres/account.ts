import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** The operating-system user that owns the data directory and runs the server. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

const unprivileged = { name: 'nobody', uid: 65534, gid: 65534 } as const;

/** Postgres refuses to run as root: root hands over to `name`; everybody else runs it as themselves (undefined). */
export async function serverAccount(name: string = unprivileged.name): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const entry = lines.find(([user]) => user === name);
  if (entry === undefined) return { ...unprivileged, name };
  return { name, uid: Number(entry[2]), gid: Number(entry[3]) };
}

/** The first directory on the way to `path` that the account may not pass, or undefined when the way is free. */
export async function blockedAt(path: string, account: Account): Promise<string | undefined> {
  const way: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    way.unshift(at);
    if (at === dirname(at)) break;
  }
  for (const directory of way) {
    const { mode, uid, gid } = await stat(directory);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return directory;
  }
  return undefined;
}
