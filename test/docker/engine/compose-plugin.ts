import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { debianMirror } from './debian-mirror.ts';
import { workDir } from './work-dir.ts';

/** Has Compose 2 as a plugin; Debian 12 has only the older program. */
const suite = 'trixie';

/** A client configuration with Compose in it, to be removed afterwards; null when `docker compose` works already. */
export async function composePlugin(): Promise<{ configDir: string; remove(): void } | null> {
  const { exitCode } = await execa('docker', ['compose', 'version'], { reject: false });
  if (exitCode === 0) return null;
  const configDir = mkdtempSync(join(workDir(), 'client-'));
  try {
    await unpackCompose(configDir);
  } catch (error) {
    rmSync(configDir, { recursive: true, force: true });
    throw error;
  }
  return { configDir, remove: () => rmSync(configDir, { recursive: true, force: true }) };
}

/** The package needs no more than the C library, so its one file is taken out; nothing is installed. */
async function unpackCompose(configDir: string): Promise<void> {
  const work = mkdtempSync(join(workDir(), 'compose-'));
  try {
    // The machine's own lists and sources stay as they are.
    const lists = join(work, 'lists');
    const sources = join(work, 'trixie.sources');
    mkdirSync(join(lists, 'partial'), { recursive: true });
    writeFileSync(
      sources,
      `Types: deb\nURIs: ${debianMirror()}\nSuites: ${suite}\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`,
    );
    const own = [
      ...['-o', `Dir::Etc::sourcelist=${sources}`, '-o', 'Dir::Etc::sourceparts=/dev/null'],
      ...['-o', `Dir::State::lists=${lists}`, '-o', 'APT::Sandbox::User=root', '-o', `Dir::Cache=${work}`],
    ];
    await execa('apt-get', [...own, '--quiet', 'update'], { cwd: work });
    await execa('apt-get', [...own, '--quiet', 'download', `docker-compose/${suite}`], { cwd: work });
    const deb = readdirSync(work).find((name) => name.endsWith('.deb'));
    if (deb === undefined) throw new Error('apt-get brought no package of Compose');
    await execa('dpkg-deb', ['--extract', deb, 'files'], { cwd: work });
    mkdirSync(join(configDir, 'cli-plugins'));
    cpSync(
      join(work, 'files/usr/libexec/docker/cli-plugins/docker-compose'),
      join(configDir, 'cli-plugins/docker-compose'),
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
