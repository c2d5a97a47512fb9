import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { debianMirror } from '../engine/debian-mirror.ts';
import { installDebootstrap } from '../engine/programs.ts';
import { workDir } from '../engine/work-dir.ts';
import { docker, imageContent } from '../support/docker.ts';

const suite = 'trixie';
export const rootfsTag = `sfp-test/${suite}:1`;

/** A plain Debian as an image. No registry is asked: debootstrap makes it from the archive of the machine's own packages. */
export async function ensureRootfs(): Promise<void> {
  if ((await imageContent(rootfsTag)) !== null) return;
  // Kept between the runs of a developer.
  const archive = join(workDir(), `${suite}.tar`);
  if (!existsSync(archive)) await makeArchive(archive);
  await docker(['import', '--change', 'LABEL sfp.test.content=rootfs', '--change', 'CMD ["bash"]', archive, rootfsTag]);
}

async function makeArchive(archive: string): Promise<void> {
  await installDebootstrap();
  const work = mkdtempSync(join(workDir(), 'rootfs-'));
  try {
    const rootfs = join(work, 'root');
    await execa('debootstrap', ['--variant=minbase', '--include=ca-certificates', suite, rootfs, debianMirror()]);
    rmSync(join(rootfs, 'var/cache/apt'), { recursive: true, force: true });
    const packed = join(work, 'rootfs.tar');
    const tar = spawn('tar', ['--numeric-owner', '-C', rootfs, '-cf', packed, '.'], { stdio: 'inherit' });
    const [code] = await once(tar, 'exit');
    if (code !== 0) throw new Error(`tar ended with ${code}`);
    renameSync(packed, archive);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
