import { defineCommand } from '../../command.ts';
import { UsageError } from '../../usage-error.ts';
import { lifecycleProgress } from './lifecycle-progress.ts';
import { stackOptions } from './stack-options.ts';

const outcomes = {
  restarted: 'its worker was restarted',
  unchanged: 'nothing had to change',
  at_next_start: 'from the next start on',
} as const;

export const command = defineCommand({
  description:
    'Sets how many tasks the worker of a pool runs at once, and restarts that worker; all else runs on. Tasks in flight finish, or are handed back after the drain limit and go on behind their last finished stage. A stopped stack has the slots from its next start on.',
  options: {
    ...stackOptions,
    pool: {
      type: 'string',
      value: 'pool',
      required: true,
      choices: ['standard', 'long'],
      summary: 'Which worker pool',
    },
    slots: { type: 'integer', value: 'n', min: 1, max: 100, summary: 'Tasks at once, 1 to 100; required' },
  },
  examples: ['sfp server scale --tenant acme --pool standard --slots 8'],
  async run({ options, output, signal }) {
    const { tenant, pool, slots } = options;
    if (slots === undefined) throw new UsageError('--slots is missing.', 'Say how many, e.g. --slots 8.');
    const [{ scaleStack }, { resolveBaseDir }, { runtimeFor }, { platformVersion }] = await Promise.all([
      import('../../../stack/lifecycle/scale.ts'),
      import('../../../stack/base-dir.ts'),
      import('../../runtime.ts'),
      import('../../platform-version.ts'),
    ]);
    const outcome = await scaleStack({
      baseDir: resolveBaseDir(options.baseDir),
      tenant,
      pool,
      slots,
      platformVersion: platformVersion(),
      runtimeFor,
      signal,
      progress: lifecycleProgress(output),
    });
    output.result(
      { tenant, pool, slots, outcome },
      `Pool ${pool} of ${tenant} has ${slots} slots: ${outcomes[outcome]}.\n`,
    );
  },
});
