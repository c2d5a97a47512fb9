import { SfpError } from '../../../contracts/error.ts';
import { credentialValueSchema } from '../../../contracts/integration.ts';
import type { Input } from '../../input/input.ts';
import { secretFile } from '../../input/password.ts';
import { UsageError } from '../../usage-error.ts';

/** How a secret comes in where nobody can be asked. Never as an option's value. */
export const secretOptions = {
  secretStdin: { type: 'flag', summary: 'Read the secret from stdin' },
  secretFile: { type: 'string', value: 'path', summary: 'Read the secret from a file' },
} as const;

interface SecretOptions {
  secretStdin: boolean;
  secretFile: string | undefined;
}

/** The secret from stdin, a file or a person. The end of its last line is not part of it. */
export async function secretValue(input: Input, options: SecretOptions): Promise<string> {
  if (options.secretStdin && options.secretFile !== undefined) {
    throw new UsageError('The secret comes from one place.', 'Give --secret-stdin or --secret-file.');
  }
  const value = options.secretStdin
    ? await input.readAll()
    : options.secretFile !== undefined
      ? await secretFile(options.secretFile, 'secret')
      : await input.secret('Secret:', '--secret-stdin or --secret-file');
  const parsed = credentialValueSchema.safeParse(value);
  if (parsed.success) return value;
  throw new SfpError({
    code: 'secret_invalid',
    message: `The secret cannot be stored: ${parsed.error.issues[0]?.message}.`,
    suggestion: 'Give another one. Nothing was changed.',
  });
}
