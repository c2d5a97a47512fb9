import { spawnSync } from 'node:child_process';
import { SfpError } from '../../contracts/error.ts';

const defaultTimeoutMs = 30_000;

/**
 * What the command prints. Its stderr goes where ours goes, so that it can say what it wants; its output is a secret and
 * appears nowhere. stdin is empty: a command that would ask is refused by its own means.
 */
export function commandOutput([program = '', ...args]: readonly string[], timeoutMs = defaultTimeoutMs): string {
  const { status, signal, error, stdout } = spawnSync(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: 1024 * 1024,
  });
  if (status === 0 && error === undefined) return stdout;
  const late = error !== undefined && 'code' in error && error.code === 'ETIMEDOUT';
  const reason = late
    ? `it did not end within ${timeoutMs / 1000} s`
    : error !== undefined
      ? `it could not be run (${'code' in error ? String(error.code) : error.name})`
      : `it ended with ${signal ?? `exit code ${status}`}`;
  throw new SfpError({
    code: 'secrets_command_failed',
    message: `The command that secrets come from failed: ${reason}.`,
    detail: program,
    suggestion: 'Run it by hand as this user; what it wrote to stderr is above. Nothing was changed.',
  });
}

/**
 * The words of a command as a person writes it: split at spaces, or a JSON array of them. No shell takes part, so what only
 * a shell understands is refused instead of being passed on as letters.
 */
export function commandWords(text: string): readonly string[] {
  const trimmed = text.trim();
  if (trimmed.startsWith('[')) return jsonWords(trimmed);
  if (trimmed === '' || /["'`\\$|&;<>*?(){}~]/.test(trimmed)) throw notSimple();
  return trimmed.split(/\s+/);
}

function jsonWords(text: string): readonly string[] {
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string' && word !== '')) {
      return words;
    }
  } catch {
    // said below, for everything that is no list of words
  }
  throw notSimple();
}

const notSimple = (): SfpError =>
  new SfpError({
    code: 'usage',
    message: 'The command for secrets is not a program with plain words.',
    suggestion:
      'No shell runs it: give words without quotes, or a JSON array such as ["op","read","op://vault/my item"], or the path of a script.',
  });
