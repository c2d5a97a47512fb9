import { defineCommand } from '../../command.ts';
import { stackOptions } from '../server/stack-options.ts';

export const command = defineCommand({
  description:
    'On the machine of the stack, by its operator: makes a new key in the Vault and encrypts every secret of every account anew under it, in one transaction, while tasks run. All or none: one secret that does not open stops it, and everything stays as it was.',
  options: stackOptions,
  examples: ['sfp integration rotate-key --tenant acme'],
  async run({ options, output }) {
    const [{ rotateCredentialsKey }, { resolveBaseDir }, { openStack }] = await Promise.all([
      import('./credentials-key.ts'),
      import('../../../stack/base-dir.ts'),
      import('../../../stack/stack.ts'),
    ]);
    const count = await rotateCredentialsKey(openStack(resolveBaseDir(options.baseDir), options.tenant));
    const secrets = count === 1 ? '1 secret is' : `${count} secrets are`;
    output.result({ tenant: options.tenant, reencrypted: count }, `A new key; ${secrets} encrypted under it.\n`);
    output.hint(`Backups from before hold the old key: make a new one: sfp server backup --tenant ${options.tenant}`);
  },
});
