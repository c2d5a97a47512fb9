import { cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { supervisorPid } from '../../embedded/supervisor-process.ts';
import { stackLayout } from '../../stack/layout.ts';
import { waitFor } from '../support/wait.ts';
import { Home } from './support/home.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Where npm puts the package, with the built files in it. */
class InstalledPackage {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
    this.install();
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  }

  /** What `npm install --global` does: the version that was there is gone. */
  install(version?: string): void {
    rmSync(join(this.directory, 'dist'), { recursive: true, force: true });
    cpSync(join(root, 'dist'), join(this.directory, 'dist'), { recursive: true });
    const own: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const changed = version === undefined ? own : { ...(own as object), version };
    writeFileSync(join(this.directory, 'package.json'), JSON.stringify(changed));
  }
}

it('a stack runs the programs of its version also when the package is another one by now', async () => {
  await using home = new Home();
  const installed = new InstalledPackage(home.path('package'));
  const baseDir = home.path('base');
  const layout = stackLayout(baseDir, 'acme');
  const sfp = async (...args: string[]) =>
    execa(process.execPath, [join(installed.directory, 'dist/cli/main.js'), ...args, '--tenant', 'acme'], {
      reject: false,
      env: { SFP_HOME: baseDir, SFP_CONFIG_DIR: home.path('config') },
    });
  const commandLine = (pid: number | null): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  const apiPid = async (): Promise<number> => {
    const { services } = JSON.parse((await sfp('server', 'status', '--json')).stdout);
    return services.find(({ name }: { name: string }) => name === 'api').pid ?? 0;
  };
  try {
    expect(await sfp('server', 'init')).toMatchObject({ exitCode: 0 });
    const [programs] = readdirSync(join(baseDir, 'programs')).filter((name) => !name.startsWith('.'));
    const place = join(baseDir, 'programs', programs ?? 'none');
    expect(commandLine(supervisorPid(layout))).toContain(place);

    installed.install('99.0.0');
    expect(await sfp('server', 'stop')).toMatchObject({ exitCode: 0 });
    expect(await sfp('server', 'start')).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('sfp server update --tenant acme'),
    });
    expect(commandLine(supervisorPid(layout))).toContain(place);
    const killed = await apiPid();
    process.kill(killed, 'SIGKILL');
    await waitFor(async () => ![0, killed].includes(await apiPid()), { timeoutMs: 60_000, what: 'another api' });
    expect(commandLine(await apiPid())).toContain(place);

    expect(await sfp('server', 'stop')).toMatchObject({ exitCode: 0 });
    rmSync(place, { recursive: true });
    expect(await sfp('server', 'start')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/programs_missing[\s\S]*sfp server update/),
    });
  } finally {
    expect(await sfp('server', 'destroy', '--yes')).toMatchObject({ exitCode: 0 });
  }
  expect(existsSync(layout.dir)).toBe(false);
  expect(readdirSync(join(baseDir, 'programs'))).toEqual([]);
}, 300_000);
