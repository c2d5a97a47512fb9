import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readTextFile } from '../../stack/atomic-file.ts';
import { processIdentitySchema } from '../../stack/process-identity.ts';

const childSchema = processIdentitySchema.extend({
  service: z.string(),
  stopSignal: z.enum(['SIGTERM', 'SIGINT', 'SIGQUIT']),
});
export type RecordedChild = z.infer<typeof childSchema>;

const childrenFile = (runDir: string): string => join(runDir, 'children.json');

/** Who was started, so that a start after kill -9 of the supervisor ends them. Not synced: a crash of the machine ends them too. */
export function writeChildren(runDir: string, children: readonly RecordedChild[]): void {
  const path = childrenFile(runDir);
  writeFileSync(`${path}.tmp`, JSON.stringify(children));
  renameSync(`${path}.tmp`, path);
}

/** Empty when there is no record or it cannot be read. */
export function readChildren(runDir: string): RecordedChild[] {
  const text = readTextFile(childrenFile(runDir));
  if (text === null) return [];
  try {
    return z.array(childSchema).parse(JSON.parse(text));
  } catch {
    return []; // cut off by a full disk; on Linux the marker in the environment finds the children all the same
  }
}

export const removeChildren = (runDir: string): void => rmSync(childrenFile(runDir), { force: true });
