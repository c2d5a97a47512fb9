import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// Runs inside a mount namespace of its own, where the workspace is a file system of 256 kB: a disk that is really full.
const script = `
  const { Git } = await import(process.env.GIT_MODULE);
  const signal = new AbortController().signal;
  try {
    await Git.clone({ url: process.env.REPOSITORY, directory: process.env.FULL + '/clone', configDir: process.env.CONFIG, signal });
  } catch (error) {
    console.log(JSON.stringify({ code: error.code, suggestion: error.suggestion }));
  }
`;

describe('a clone onto a full disk', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sfp-full-'));
  const repository = join(directory, 'repository');

  beforeAll(() => {
    mkdirSync(join(directory, 'full'));
    mkdirSync(repository);
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', ...args], { cwd: repository });
    git('init', '--quiet');
    writeFileSync(join(repository, 'large'), Buffer.from(Array.from({ length: 400_000 }, () => Math.random() * 256)));
    git('add', '.');
    git('commit', '--quiet', '--message', 'large');
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('is told as such, with what to do', () => {
    const full = join(directory, 'full');
    const run = spawnSync(
      'unshare',
      [
        '--user',
        '--map-root-user',
        '--mount',
        'sh',
        '-c',
        'mount -t tmpfs -o size=256k none "$FULL" && exec "$@"',
        'sh',
      ].concat([process.execPath, '--input-type=module', '--eval', script]),
      {
        encoding: 'utf8',
        env: {
          PATH: process.env.PATH ?? '',
          FULL: full,
          REPOSITORY: repository,
          CONFIG: directory,
          GIT_MODULE: new URL('./git.ts', import.meta.url).href,
        },
      },
    );
    expect(JSON.parse(run.stdout), run.stderr).toEqual({
      code: 'workspace_full',
      suggestion: expect.stringContaining('task retry'),
    });
  });
});
