import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const identity = {
  GIT_AUTHOR_NAME: 'Ann',
  GIT_AUTHOR_EMAIL: 'ann@example.com',
  GIT_COMMITTER_NAME: 'Ann',
  GIT_COMMITTER_EMAIL: 'ann@example.com',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
};

/** A git repository with one commit per call. */
export class Repository {
  readonly directory: string;

  constructor(directory: string, files: Record<string, string>) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
    this.git('init', '--quiet', '--initial-branch=main');
    this.commit('first', files);
  }

  /** Writes the files, commits everything, and returns the commit. */
  commit(message: string, files: Record<string, string>): string {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(this.directory, name), content);
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', message);
    return this.git('rev-parse', 'HEAD').trim();
  }

  git(...args: string[]): string {
    return execFileSync('git', args, {
      cwd: this.directory,
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', ...identity },
    });
  }
}
