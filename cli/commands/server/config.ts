import { defineCommand } from '../../command.ts';
import { UsageError } from '../../usage-error.ts';
import { configGet } from './config-get.ts';
import { configSet } from './config-set.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  description:
    'Shows server.json, or the settings that are named; `set` changes them, all of them or none, and tells which services to restart for it. A value is text or JSON; an empty one puts the default back. Secrets are neither shown nor taken.',
  args: {
    action: { summary: 'get or set' },
    settings: { summary: 'get: keys such as pools.standard.slots; set: key=value', variadic: true },
  },
  options: stackOptions,
  examples: [
    'sfp server config get --tenant acme',
    'sfp server config get pools.standard.slots -t acme',
    'sfp server config set pools.standard.slots=8 drainTimeoutMs=60000 -t acme',
    'sfp server config set publicUrl= -t acme',
  ],
  async run({ args, options, output }) {
    const { resolveBaseDir } = await import('../../../stack/base-dir.ts');
    const where = { baseDir: resolveBaseDir(options.baseDir), tenant: options.tenant };
    if (args.action === 'get') return configGet(where, args.settings, output);
    if (args.action === 'set') return configSet(where, args.settings, output);
    throw new UsageError(`There is no "sfp server config ${args.action}".`, 'Say get or set.');
  },
});
