import { type SecretName, secretNames } from './schema.ts';

/** `databasePassword` is `SFP_SECRET_DATABASE_PASSWORD`. */
export const variableOf = (prefix: string, name: SecretName): string =>
  `${prefix}${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** Keys and lists of secrets are JSON in a variable; all others are the text itself. */
const structured: readonly SecretName[] = ['jwtSigningKey', 'oauthClientSecrets'];

/** An empty variable counts as none. */
export const environmentSecrets = (environment: NodeJS.ProcessEnv, prefix: string): Record<string, unknown> =>
  Object.fromEntries(
    secretNames.flatMap((name) => {
      const text = environment[variableOf(prefix, name)];
      if (text === undefined || text === '') return [];
      return [[name, structured.includes(name) ? json(text) : text]];
    }),
  );

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // the schema refuses it by its name; V8's message would quote the secret
  }
}
