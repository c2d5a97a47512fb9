import { defineCommand } from '../../command.ts';
import { table } from '../../output/table.ts';
import { UsageError } from '../../usage-error.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  description:
    'Shows the container images that a stack is made of: those of the platform version, and those that server.json names in their place ("images"). `lock` asks the registries for their digests and keeps these with the stack.',
  args: { action: { summary: 'lock', optional: true } },
  options: stackOptions,
  examples: ['sfp server images --tenant acme --json', 'sfp server images lock --tenant acme'],
  async run({ args, options, output, signal }) {
    if (args.action !== undefined && args.action !== 'lock') {
      throw new UsageError(
        `There is no "sfp server images ${args.action}".`,
        'Leave it out to see the images, or say lock.',
      );
    }
    const [{ openStack }, { resolveBaseDir }, { lockImages, stackImages }] = await Promise.all([
      import('../../../stack/stack.ts'),
      import('../../../stack/base-dir.ts'),
      import('../../runtime.ts'),
    ]);
    const stack = openStack(resolveBaseDir(options.baseDir), options.tenant);
    const images =
      args.action === 'lock' ? await lockImages(stack, { signal, report: output.info }) : await stackImages(stack);
    output.result(
      images,
      table(
        [
          { title: 'service', value: ({ name }) => name },
          { title: 'image', value: ({ image }) => image },
          { title: 'digest', value: ({ digest }) => digest?.slice(0, 19) ?? '(tag only)' },
          { title: 'verified', value: ({ verified }) => (verified ? 'yes' : 'no') },
          { title: 'from', value: ({ source }) => source },
        ],
        images,
        'No images.',
      ),
    );
  },
});
