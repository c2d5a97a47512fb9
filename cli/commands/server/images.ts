import { defineCommand } from '../../command.ts';
import { UsageError } from '../../usage-error.ts';
import { baseDirOption } from './stack-options.ts';

export const command = defineCommand({
  description:
    'Shows the container images that a stack is made of: those of the platform version, and those that server.json names in their place ("images"). `lock` asks the registries for their digests and keeps these with the stack.\n`save` writes all of them to one file, for a machine without a registry; `load` checks such a file and gives it to the engine, and from then on init and update of every stack of the base directory use what is in it. Without --tenant, show and save are about the platform version of this sfp. `-` is stdout or stdin.',
  args: {
    action: { summary: 'lock, save or load', optional: true },
    file: { summary: 'save, load: the bundle', optional: true },
  },
  options: {
    tenant: {
      type: 'string',
      value: 'name',
      completes: 'tenant',
      short: 't',
      summary: 'Name of the stack; needed by lock',
    },
    baseDir: baseDirOption,
  },
  examples: [
    'sfp server images --tenant acme --json',
    'sfp server images lock --tenant acme',
    'sfp server images save sfp-images.tar',
    'ssh build-host sfp server images save - | sfp server images load -',
  ],
  async run({ args: { action, file }, ...context }) {
    if (action === 'save' || action === 'load') {
      if (file === undefined) throw new UsageError(`Which file to ${action}?`, `sfp server images ${action} <file>`);
      const { loadImages, saveImages } = await import('./images-bundle.ts');
      return action === 'save' ? saveImages(file, context) : loadImages(file, context);
    }
    if ((action !== undefined && action !== 'lock') || file !== undefined) {
      throw new UsageError(
        `There is no "sfp server images ${[action, file].join(' ').trim()}".`,
        'Leave it out to see the images, or say lock, save <file> or load <file>.',
      );
    }
    const { lockImages, showImages } = await import('./images-list.ts');
    await (action === 'lock' ? lockImages(context) : showImages(context));
  },
});
