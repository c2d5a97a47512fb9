import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SfpError } from '../contracts/error.ts';
import { slugSchema } from '../contracts/scalar.ts';

/** Every path of one stack. Pure: making one touches nothing. */
export interface StackLayout {
  tenant: string;
  baseDir: string;
  dir: string;
  serverFile: string;
  secretsFile: string;
  stateFile: string;
  journalFile: string;
  lockFile: string;
  /** The Vault root key: outside the database, 0600. */
  vaultKeyFile: string;
  dataDir: string;
  logsDir: string;
  runDir: string;
  workspacesDir: string;
  /** The artifact store: what builds keep, by digest. */
  artifactsDir: string;
  /** Projects and repositories that the platform itself makes (quickstart). */
  projectsDir: string;
}

export const tenantsDir = (baseDir: string): string => join(baseDir, 'tenants');

export function stackLayout(baseDir: string, tenant: string): StackLayout {
  if (!slugSchema.safeParse(tenant).success) {
    throw new SfpError({
      code: 'tenant_name_invalid',
      message: `"${tenant}" is not a tenant name.`,
      detail: 'A tenant name has 2 to 40 lower-case letters, digits and hyphens, no hyphen at either end.',
      suggestion: 'Choose a name such as "acme" or "acme-dev".',
    });
  }
  const dir = join(tenantsDir(baseDir), tenant);
  return {
    tenant,
    baseDir,
    dir,
    serverFile: join(dir, 'server.json'),
    secretsFile: join(dir, 'secrets.json'),
    stateFile: join(dir, 'state.json'),
    journalFile: join(dir, 'journal.jsonl'),
    lockFile: join(tenantsDir(baseDir), `.${tenant}.lock`),
    vaultKeyFile: join(dir, 'data', 'vault.key'),
    dataDir: join(dir, 'data'),
    logsDir: join(dir, 'logs'),
    runDir: join(dir, 'run'),
    workspacesDir: join(dir, 'workspaces'),
    artifactsDir: join(dir, 'data', 'artifacts'),
    projectsDir: join(dir, 'projects'),
  };
}

/** Short and stable name of a stack on this machine, for places where a path is too long. */
export const stackId = (dir: string): string => createHash('sha256').update(dir).digest('hex').slice(0, 12);

/**
 * Makes the directories. The way to `data` may be traversed by everyone, because Postgres runs as another user when the
 * operator is root; what must not be read is protected by the mode of the file (0600) or of the leaf directory.
 */
export function makeStackDirectories(layout: StackLayout): void {
  for (const dir of [layout.baseDir, tenantsDir(layout.baseDir), layout.dir, layout.dataDir, layout.runDir]) {
    makePassableDirectory(dir);
  }
  mkdirSync(layout.artifactsDir, { recursive: true, mode: 0o700 });
  for (const dir of [layout.logsDir, layout.workspacesDir, layout.projectsDir]) mkdirSync(dir, { recursive: true });
}

/** Makes a directory that others may traverse, whatever the umask says. */
export function makePassableDirectory(dir: string): void {
  mkdirSync(dir, { recursive: true });
  addMode(dir, 0o711);
}

function addMode(dir: string, mode: number): void {
  try {
    chmodSync(dir, mode);
  } catch (error) {
    // The base directory may belong to somebody else who already made it traversable; Postgres' own start says so if not.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}
