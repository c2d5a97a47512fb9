import { readFile } from 'node:fs/promises';
import { SfpError } from '../../../contracts/error.ts';
import type { CommandServices } from '../../command.ts';
import { UsageError } from '../../usage-error.ts';

/** Never a value on the command line: stdin, a file, the environment or a question. */
export const passphraseOptions = {
  passphraseStdin: { type: 'flag', summary: 'Read the passphrase from stdin' },
  passphraseFile: { type: 'string', value: 'path', summary: 'Read the passphrase from a file' },
} as const;

const variable = 'SFP_BACKUP_PASSPHRASE';

type Services = Pick<CommandServices, 'input' | 'env'>;
interface Given {
  passphraseStdin: boolean;
  passphraseFile: string | undefined;
}

/** The passphrase that was given, or undefined when none was. */
export async function givenPassphrase({ input, env }: Services, options: Given): Promise<string | undefined> {
  if (options.passphraseStdin && options.passphraseFile !== undefined) {
    throw new UsageError('Give the passphrase once.', 'Use --passphrase-stdin or --passphrase-file.');
  }
  if (options.passphraseStdin) return input.readAll();
  if (options.passphraseFile !== undefined) return (await readSecret(options.passphraseFile)).replace(/\r?\n$/, '');
  return env[variable] || undefined;
}

/** Asked twice: a slip of the finger would make a backup that nobody can open. */
export async function askNewPassphrase({ input }: Services): Promise<string> {
  const option = `--passphrase-stdin, --passphrase-file or ${variable}`;
  const first = await input.secret('Passphrase of the backup:', option);
  if ((await input.secret('The same again:', option)) === first) return first;
  throw new SfpError({ code: 'passphrases_differ', message: 'The two passphrases differ. Nothing was done.' });
}

export async function requirePassphrase(services: Services, options: Given): Promise<string> {
  const given = await givenPassphrase(services, options);
  if (given !== undefined) return given;
  const option = `--passphrase-stdin, --passphrase-file or ${variable}`;
  return services.input.secret('Passphrase of the backup:', option);
}

async function readSecret(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : path;
    throw new SfpError(
      {
        code: 'passphrase_file_unreadable',
        message: 'The passphrase file cannot be read.',
        detail,
        suggestion: 'Check its path and rights.',
      },
      { cause },
    );
  }
}
