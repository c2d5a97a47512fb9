import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SfpError } from '../../contracts/error.ts';
import type { BackupReader } from '../backup/backup-reader.ts';
import { syncDirectory } from '../backup/file-sync.ts';
import { damaged } from '../backup/manifest.ts';
import { restorePlace } from '../backup/restore-place.ts';
import { writePlan } from '../backup/restore-plan.ts';
import { backedUpFiles, placeFiles, putFilesBack, writeIncoming } from '../backup/stack-files.ts';
import { makePassableDirectory, type StackLayout, stackId } from '../layout.ts';
import { allocatePorts, isPortFree, type Ports } from '../ports.ts';
import { readServerSettings, type ServerSettings, serverSettingsSchema } from '../server-settings.ts';
import { openStack, type Stack, stackAt } from '../stack.ts';
import { reservedPorts } from './list.ts';
import type { RestoreContext } from './restore.ts';
import { copyAside, putCopyBack } from './update/copy-aside.ts';

/** The files of the backup, beside those in use, on disk. Begins anew when called again. */
export async function unpackFiles({ layout }: RestoreContext, reader: BackupReader): Promise<Stack> {
  const { incomingDir } = restorePlace(layout);
  rmSync(incomingDir, { recursive: true, force: true });
  makePassableDirectory(incomingDir);
  for (const { name, required } of backedUpFiles) {
    if (!required && !reader.has(name)) continue;
    const text = await reader.text(name);
    await writeIncoming(layout, name, name === 'server.json' ? await withPorts(layout, text) : text);
  }
  // Read as the platform will read them: what it would refuse later is refused now.
  return incomingStack(layout);
}

/** The databases and their key, after the files. Begins anew when called again. */
export async function unpackData({ layout, runtime }: RestoreContext, reader: BackupReader): Promise<void> {
  await runtime.restoreSnapshot(layout).unpack(reader);
  syncDirectory(restorePlace(layout).incomingDir);
}

/** The settings of the backup with ports that this machine has for it: the stack's own, else its old ones, else new ones. */
async function withPorts(layout: StackLayout, text: string): Promise<string> {
  const parsed = serverSettingsSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw damaged('server.json', parsed.error.issues.map(({ message }) => message).join('; '));
  const settings = parsed.data;
  return `${JSON.stringify({ ...settings, ports: await portsFor(layout, settings.ports) }, null, 2)}\n`;
}

async function portsFor(layout: StackLayout, wanted: Ports): Promise<Ports> {
  const own = currentSettings(layout)?.ports;
  if (own !== undefined) return own;
  const reserved = reservedPorts(layout.baseDir);
  const isFree = async (port: number): Promise<boolean> => !reserved.has(port) && (await isPortFree(port));
  const free = await Promise.all(Object.values(wanted).map(isFree));
  if (free.every(Boolean)) return wanted;
  const ports = await allocatePorts({ stackId: stackId(layout.dir), reserved, isFree: (port) => isPortFree(port) });
  // The public port is known to people: it stays when it can.
  return (await isFree(wanted.gateway)) ? { ...ports, gateway: wanted.gateway } : ports;
}

function currentSettings(layout: StackLayout): ServerSettings | null {
  try {
    return readServerSettings(layout);
  } catch (error) {
    if (error instanceof SfpError) return null; // damaged: a reason to restore, not to refuse
    throw error;
  }
}

/**
 * Ends whatever runs of the stack, also when only some of its files can be read. Where neither it nor what came out of the
 * backup is whole, an earlier try had begun to move files, and it had stopped everything before that.
 */
export async function stopPlaced({ layout, runtime, progress }: RestoreContext): Promise<'skipped' | undefined> {
  const stack = readable(() => openStack(layout.baseDir, layout.tenant)) ?? readable(() => incomingStack(layout));
  if (stack === null) return 'skipped';
  await runtime.stop(stack, { report: progress.info });
  return undefined;
}

function readable(read: () => Stack): Stack | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof SfpError) return null;
    throw error;
  }
}

function incomingStack(layout: StackLayout): Stack {
  const { incomingDir } = restorePlace(layout);
  const at = {
    ...layout,
    serverFile: join(incomingDir, 'server.json'),
    secretsFile: join(incomingDir, 'secrets.json'),
  };
  const { settings, secrets } = stackAt(at);
  return { layout, settings, secrets };
}

/** May be called again after a kill in it; until it is through, the plan keeps every other command from starting the stack. */
export async function place({ layout, runtime }: RestoreContext): Promise<void> {
  const { replacedInstalledDir: installed } = restorePlace(layout);
  if (!existsSync(installed)) await copyAside(layout, runtime.installed, installed);
  await runtime.restoreSnapshot(layout).place();
  placeFiles(layout);
}

/** Ends what runs and puts back what there was. May be called again after a kill in it. */
export async function putBack(context: RestoreContext): Promise<void> {
  const { layout, runtime } = context;
  context.plan = writePlan(layout, { ...context.plan, phase: 'reverting' });
  await stopPlaced(context);
  await runtime.restoreSnapshot(layout).putBack();
  putFilesBack(layout, context.plan.had);
  const { replacedInstalledDir: installed } = restorePlace(layout);
  if (existsSync(installed)) putCopyBack(layout, runtime.installed, installed);
}
