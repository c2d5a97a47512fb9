import { SfpError } from '../../../contracts/error.ts';
import { defineCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { UsageError } from '../../usage-error.ts';
import { rotateSecrets } from './rotate-secrets.ts';
import { stackOptions } from './stack-options.ts';

const kinds = ['jwt', 'api-keys', 'db-password'] as const;

export const command = defineCommand({
  description:
    'jwt: a new signing key and a new secret for legacy keys; sessions go on, because the old key still verifies until the next rotation. api-keys: new sb_publishable_ and sb_secret_ keys. db-password: a new password of every database role. Restarts only what runs with the old ones, shows how long clients were not served, and proves that the new ones work and the old ones are refused. A stopped stack has the new ones from its next start. One that was interrupted is finished by running it again.\nvault-check: shows that the Vault’s root key is private, is the one that the database uses, and opens what is stored; exit code 5 when not.',
  args: { what: { summary: 'jwt, api-keys, db-password or vault-check' } },
  options: {
    ...stackOptions,
    only: { type: 'string', value: 'key', choices: ['publishable', 'secret'], summary: 'api-keys: this one only' },
    revokePrevious: {
      type: 'flag',
      summary: 'jwt: after a leak; tokens of the old key are refused at once',
    },
    yes: { type: 'flag', short: 'y', summary: 'Do not ask' },
  },
  examples: [
    'sfp server rotate jwt --tenant acme',
    'sfp server rotate jwt -t acme --revoke-previous --yes',
    'sfp server rotate api-keys -t acme --only publishable',
    'sfp server rotate db-password -t acme',
    'sfp server rotate vault-check -t acme',
  ],
  async run({ args, options, output, input, contexts, signal }) {
    const { tenant, only, revokePrevious } = options;
    const { resolveBaseDir } = await import('../../../stack/base-dir.ts');
    const baseDir = resolveBaseDir(options.baseDir);
    if (args.what === 'vault-check')
      return (await import('./rotate-vault-check.ts')).vaultCheck(baseDir, tenant, output);
    const kind = kinds.find((one) => one === args.what);
    if (kind === undefined)
      throw new UsageError(
        `There is nothing called "${args.what}" to rotate.`,
        'Say jwt, api-keys, db-password or vault-check.',
      );
    if (only !== undefined && kind !== 'api-keys') throw new UsageError('--only is for api-keys.', 'Leave it out.');
    if (revokePrevious && kind !== 'jwt')
      throw new UsageError('--revoke-previous is for jwt.', 'Leave it out: old ones are always refused.');
    const logins = revokePrevious
      ? ' Tokens of before are refused at once: who cannot refresh theirs logs in again.'
      : '';
    const question = `Rotate ${kind} of stack ${tenant}? Services restart: clients are not served for some seconds.${logins}`;
    if (!options.yes && !(await input.confirm(question, '--yes'))) {
      throw new SfpError({ code: 'cancelled', message: 'Nothing was changed.' });
    }
    await rotateSecrets({ baseDir, tenant, kind, only, revokePrevious }, { output, contexts, signal });
    return exitCodes.ok;
  },
});
