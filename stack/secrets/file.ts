import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { SfpError } from '../../contracts/error.ts';

/** Text of a file that only its owner can read. */
export function privateFileText(path: string): string {
  const file = open(path);
  try {
    // Of what was opened, so that nobody can exchange it in between.
    const { mode } = fstatSync(file);
    if ((mode & 0o077) !== 0) {
      throw new SfpError({
        code: 'secrets_file_open',
        message: `Others than its owner may read or change ${path}.`,
        detail: `Its mode is ${(mode & 0o777).toString(8)}.`,
        suggestion: `chmod 600 ${path}`,
      });
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new SfpError(
      {
        code: 'secrets_file_unreadable',
        message: 'The file that secrets come from cannot be read.',
        detail: error instanceof Error ? error.message : path,
        suggestion: 'Put it there (JSON, mode 600), or name another one: sfp server config set secrets=…',
      },
      { cause: error },
    );
  }
}
