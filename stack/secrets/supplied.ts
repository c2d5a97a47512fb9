import { SfpError } from '../../contracts/error.ts';
import { issueText } from '../issue-text.ts';
import { commandOutput } from './command.ts';
import { environmentSecrets } from './environment.ts';
import { privateFileText } from './file.ts';
import { prefixOf, providerName, type SecretsProvider } from './provider-settings.ts';
import { type SuppliedSecrets, suppliedSecretsSchema } from './schema.ts';

/** A command may ask somebody, or cost something: its answer serves the whole life of this process. */
const answers = new Map<string, SuppliedSecrets>();

/** What the provider supplies now. @throws SfpError that names the secret that cannot be one, never its value */
export function suppliedSecrets(provider: SecretsProvider, environment = process.env): SuppliedSecrets {
  switch (provider.provider) {
    case 'generated':
      return {};
    case 'environment':
      return checked(environmentSecrets(environment, prefixOf(provider)), provider);
    case 'file':
      return checked(json(privateFileText(provider.path), provider), provider);
    case 'command': {
      const key = JSON.stringify(provider.command);
      const answer = answers.get(key) ?? checked(json(commandOutput(provider.command), provider), provider);
      answers.set(key, answer);
      return answer;
    }
  }
}

function json(text: string, provider: SecretsProvider): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without V8's message and as no cause: it quotes the text.
    throw invalid(provider, 'It is not JSON.');
  }
}

function checked(raw: unknown, provider: SecretsProvider): SuppliedSecrets {
  const parsed = suppliedSecretsSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw invalid(provider, parsed.error.issues.map((issue) => issueText(issue, undefined)).join('; '));
}

const invalid = (provider: SecretsProvider, detail: string): SfpError =>
  new SfpError({
    code: 'secrets_supplied_invalid',
    message: `What ${providerName(provider)} supplies cannot be the secrets of a stack.`,
    detail,
    suggestion: 'Correct it there; the names and what each may be are in docs/secrets.md. Nothing was changed.',
  });
