import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const serverSchema = z.object({ encryption: z.object({ tokenSecret: z.string().min(32) }) });

const fileIn = (dir: string): string => join(dir, 'server.yaml');

/** What `quickstart --overwrite=false` leaves in the directory: keys once, without which no token is good. (YAML by way of JSON.) */
export function ensureKeys(dir: string): string {
  const file = fileIn(dir);
  if (!existsSync(file)) {
    mkdirSync(dir, { recursive: true });
    const fresh = { encryption: { tokenSecret: randomBytes(32).toString('hex') } };
    writeFileSync(`${file}.new`, JSON.stringify(fresh), { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  }
  return readKeys(dir);
}

export const readKeys = (dir: string): string =>
  serverSchema.parse(JSON.parse(readFileSync(fileIn(dir), 'utf8'))).encryption.tokenSecret;
