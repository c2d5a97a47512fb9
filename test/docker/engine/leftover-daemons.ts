import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon } from './daemon.ts';
import { NetworkNamespace } from './network-namespace.ts';
import { workDir } from './work-dir.ts';

/** Directories of engines are called after the process that started them. */
export const daemonDir = (kind: 'engine' | 'second'): string => join(workDir(), `${kind}-${process.pid}`);

/**
 * Ends and removes engines of test runs that were killed. One that still runs is ended through its pid file; one whose
 * containers outlived it is started once more, because only an engine can end its containers in order.
 */
export async function removeLeftoverDaemons(): Promise<void> {
  for (const name of readdirSync(workDir())) {
    const owner = /^(engine|second)-(\d+)$/.exec(name);
    if (owner === null || existsSync(`/proc/${owner[2]}`)) continue;
    const dir = join(workDir(), name);
    await endProcess(join(dir, 'docker.pid'));
    const namespace = await NetworkNamespace.create();
    try {
      const daemon = new Daemon(dir, namespace.inside);
      await daemon.start();
      await daemon.remove();
    } finally {
      await namespace.close();
    }
  }
}

async function endProcess(pidFile: string): Promise<void> {
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
  const command = `/proc/${pid}/cmdline`;
  if (pid === 0 || !existsSync(command) || !readFileSync(command, 'utf8').includes(pidFile)) return;
  process.kill(pid, 'SIGTERM');
  while (existsSync(command)) await new Promise((resolve) => setTimeout(resolve, 100));
}
