import { defineCommand } from '../../command.ts';
import { table } from '../../output/table.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  description:
    'Shows the container images that a stack is made of: those of the platform version, and those that server.json names in their place ("images").',
  options: stackOptions,
  examples: ['sfp server images --tenant acme --json'],
  async run({ options, output }) {
    const [{ openStack }, { resolveBaseDir }, { stackImages }] = await Promise.all([
      import('../../../stack/stack.ts'),
      import('../../../stack/base-dir.ts'),
      import('../../runtime.ts'),
    ]);
    const { settings } = openStack(resolveBaseDir(options.baseDir), options.tenant);
    const images = await stackImages(settings.images);
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
