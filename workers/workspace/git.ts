import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DeploymentMetadata } from '../../contracts/deployment.ts';
import { SfpError } from '../../contracts/error.ts';

const execute = promisify(execFile);
const outputBytes = 16_000_000;
const separator = '\u001f';

/** A clone of one repository, and the questions that a deployment asks it. */
export class Git {
  readonly #directory: string;
  readonly #env: Record<string, string>;
  readonly #signal: AbortSignal;

  private constructor(directory: string, env: Record<string, string>, signal: AbortSignal) {
    this.#directory = directory;
    this.#env = env;
    this.#signal = signal;
  }

  /** Clones `url` into `directory` without checking anything out. */
  static async clone(options: {
    url: string;
    directory: string;
    configDir: string;
    signal: AbortSignal;
  }): Promise<Git> {
    const env = await gitEnvironment(options.configDir);
    const git = new Git(options.directory, env, options.signal);
    try {
      await git.#run(['clone', '--quiet', '--no-checkout', '--', options.url, options.directory], '/');
    } catch (error) {
      throw cloneFailure(error, options.url);
    }
    return git;
  }

  /** An existing clone. */
  static async open(options: { directory: string; configDir: string; signal: AbortSignal }): Promise<Git> {
    return new Git(options.directory, await gitEnvironment(options.configDir), options.signal);
  }

  /** The commit that a branch, a tag or a commit id stands for. */
  async resolve(ref: string): Promise<string> {
    const candidates = [
      `refs/remotes/origin/${ref}`,
      `refs/tags/${ref}`,
      ...(/^[0-9a-f]{7,40}$/.test(ref) ? [ref] : []),
    ];
    for (const candidate of candidates) {
      const sha = await this.#run([
        'rev-parse',
        '--verify',
        '--quiet',
        '--end-of-options',
        `${candidate}^{commit}`,
      ]).catch(absentAs(''));
      if (sha.trim() !== '') return sha.trim();
    }
    const branches = await this.#run([
      'for-each-ref',
      '--format=%(refname:lstrip=3)',
      '--count=8',
      '--sort=-committerdate',
      'refs/remotes/origin',
    ]);
    const known = branches.split('\n').filter((name) => name !== '' && name !== 'HEAD');
    throw new SfpError({
      code: 'ref_not_found',
      message: `The repository has no branch, tag or commit "${ref}".`,
      detail: known.length > 0 ? `Its newest branches: ${known.join(', ')}` : 'It has no branches: is it empty?',
      suggestion: 'Push the ref, or deploy another one with --ref.',
    });
  }

  /**
   * What a ref that was resolved to this commit is. A branch is one of the remote by its full name, and has the commit:
   * neither a tag of that name nor `main~3` is one.
   */
  async kindOf(ref: string, sha: string): Promise<NonNullable<DeploymentMetadata['refKind']>> {
    const branch = `refs/remotes/origin/${ref}`;
    const holds = async (args: string[]): Promise<boolean> =>
      (await this.#run(args).then(() => true, absentAs(false))) === true;
    if (
      ref !== 'HEAD' &&
      (await holds(['show-ref', '--verify', '--quiet', '--', branch])) &&
      (await holds(['merge-base', '--is-ancestor', sha, branch]))
    )
      return 'branch';
    return (await holds(['show-ref', '--verify', '--quiet', '--', `refs/tags/${ref}`])) ? 'tag' : 'commit';
  }

  async checkout(sha: string): Promise<void> {
    await this.#run(['checkout', '--quiet', '--detach', '--force', sha]).catch((error: unknown) => {
      throw outOfSpace(error) ?? error;
    });
  }

  /** The checkout of a commit as a tar archive: all of it, whatever its attributes say about exports; the same bytes each time. */
  async archive(sha: string, file: string): Promise<void> {
    const attributes = join(this.#directory, '.git', 'info', 'attributes');
    await mkdir(join(this.#directory, '.git', 'info'), { recursive: true });
    await writeFile(attributes, '* -export-ignore -export-subst\n');
    await this.#run(['-c', 'tar.umask=0022', 'archive', '--format=tar', `--output=${file}`, sha]).catch(
      (error: unknown) => {
        throw outOfSpace(error) ?? error;
      },
    );
    await rm(attributes);
  }

  async commit(sha: string): Promise<NonNullable<DeploymentMetadata['commit']>> {
    const format = ['%H', '%an', '%s', '%cI'].join(separator);
    const [id = sha, author = '', subject = '', date = ''] = (
      await this.#run(['show', '--no-patch', `--format=${format}`, sha])
    )
      .trimEnd()
      .split(separator);
    return { sha: id, author, subject, committedAt: date };
  }

  /** Commits since `from`, newest first; undefined when `from` is no ancestor that this clone knows. At most 100. */
  async changelog(from: string, to: string): Promise<DeploymentMetadata['changelog']> {
    const format = ['%H', '%an', '%s'].join(separator);
    const log = await this.#run(['log', '--max-count=100', `--format=${format}`, `${from}..${to}`]).catch(
      () => undefined,
    );
    return log
      ?.split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [sha = '', author = '', subject = ''] = line.split(separator);
        return { sha, author, subject };
      });
  }

  async #run(args: string[], cwd = this.#directory): Promise<string> {
    const { stdout } = await execute('git', args, {
      cwd,
      env: this.#env,
      signal: this.#signal,
      maxBuffer: outputBytes,
    });
    return stdout;
  }
}

/**
 * The person's own git configuration (credential helpers) plus one exception: a repository that belongs to another user
 * may be cloned. The file is needed because git hands neither -c nor GIT_CONFIG_COUNT to the other end of a local clone.
 */
async function gitEnvironment(configDir: string): Promise<Record<string, string>> {
  await mkdir(configDir, { recursive: true });
  const config = join(configDir, 'gitconfig');
  await writeFile(
    config,
    `[include]\n\tpath = ${join(homedir(), '.gitconfig')}\n[safe]\n\tdirectory = *\n[core]\n\thooksPath = /dev/null\n`,
  );
  return {
    PATH: process.env.PATH ?? '',
    HOME: homedir(),
    LANG: 'C.UTF-8',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_GLOBAL: config,
    // `ext::` and other transports run commands of the URL's choosing.
    GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
    ...(process.env.SSH_AUTH_SOCK === undefined ? {} : { SSH_AUTH_SOCK: process.env.SSH_AUTH_SOCK }),
  };
}

function cloneFailure(error: unknown, url: string): unknown {
  const space = outOfSpace(error);
  if (space !== undefined) return space;
  if (!(error instanceof Error) || error.name === 'AbortError') return error;
  const evidence = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : error.message;
  return new SfpError(
    {
      code: 'repository_unreachable',
      message: 'The repository cannot be cloned.',
      detail: `${url}: ${evidence.split('\n').slice(-3).join(' ')}`,
      suggestion: "Check the project's repository URL and that the workers' machine may read it.",
    },
    { cause: error },
  );
}

/** Git's plain "there is no such object" (exit 1 or 128) as a value; an abort or a git that cannot run goes up. */
const absentAs =
  <Value>(value: Value) =>
  (error: unknown): Value => {
    if (error instanceof Error && 'code' in error && typeof error.code === 'number') return value;
    throw error;
  };

/** A failure for people when the disk of the workspace is full, else undefined. */
export function outOfSpace(error: unknown): SfpError | undefined {
  const text =
    error instanceof Error
      ? `${'code' in error ? error.code : ''} ${'stderr' in error ? error.stderr : ''} ${error.message}`
      : '';
  if (!/ENOSPC|No space left on device|Disk quota exceeded/.test(text)) return undefined;
  return new SfpError(
    {
      code: 'workspace_full',
      message: "The disk that holds the workers' workspaces is full.",
      detail: text.trim().split('\n').slice(-2).join(' ').slice(0, 500),
      suggestion:
        'Free space there. If nothing was rolled back, `sfp task retry` goes on behind the last finished stage; else deploy again.',
    },
    { cause: error },
  );
}
