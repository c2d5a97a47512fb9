import type { SecretsProvider } from '../../../stack/secrets/provider-settings.ts';
import { UsageError } from '../../usage-error.ts';

/** Where the secrets of a new stack come from. None of these is a secret itself. */
export const secretsOptions = {
  secretsCommand: {
    type: 'string',
    value: 'words',
    summary: 'Secrets come from this program, which prints JSON; words without a shell, or a JSON array',
  },
  secretsFile: { type: 'string', value: 'path', summary: 'Secrets come from this JSON file, mode 600' },
  secretsEnv: { type: 'flag', summary: 'Secrets come from the environment: SFP_SECRET_DATABASE_PASSWORD, …' },
} as const;

interface Choice {
  secretsCommand: string | undefined;
  secretsFile: string | undefined;
  secretsEnv: boolean;
}

export async function chosenProvider(options: Choice): Promise<SecretsProvider | undefined> {
  const { secretsCommand, secretsFile, secretsEnv } = options;
  const given = [secretsCommand, secretsFile, secretsEnv || undefined].filter((one) => one !== undefined);
  if (given.length > 1) {
    throw new UsageError(
      'Secrets come from one place.',
      'Give one of --secrets-command, --secrets-file and --secrets-env.',
    );
  }
  if (secretsEnv) return { provider: 'environment' };
  if (secretsFile !== undefined) {
    const { resolve } = await import('node:path');
    return { provider: 'file', path: resolve(secretsFile) };
  }
  if (secretsCommand === undefined) return undefined;
  const { commandWords } = await import('../../../stack/secrets/command.ts');
  return { provider: 'command', command: [...commandWords(secretsCommand)] };
}
