import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';

/** Program and the Debian package that has it. */
const needed = [
  { program: 'docker', name: 'docker.io' },
  { program: 'dockerd', name: 'docker.io' },
  { program: 'iptables', name: 'iptables' },
  { program: 'ip', name: 'iproute2' },
] as const;

export const isInstalled = (program: string): boolean =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return true;
    } catch {
      // Not in this directory.
      return false;
    }
  });

/** Installs what is missing of an engine with Debian's own packages, and starts none of their services. */
export const installEngine = (): Promise<void> =>
  install(needed.filter(({ program }) => !isInstalled(program)).map(({ name }) => name));

export async function installDebootstrap(): Promise<void> {
  if (!isInstalled('debootstrap')) await install(['debootstrap']);
}

async function install(names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) {
    throw new Error(`Install ${names.join(', ')} first: only root on Debian can be helped to them by this test.`);
  }
  // Without a run level nothing that is installed is started.
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await execa('apt-get', ['update', '--quiet'], { env });
  await execa('apt-get', ['install', '--yes', '--quiet', '--no-install-recommends', ...new Set(names)], { env });
}
