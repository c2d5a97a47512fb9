import { resolveBaseDir } from '../../../stack/base-dir.ts';
import { openStack } from '../../../stack/stack.ts';
import type { CommandServices } from '../../command.ts';
import { table } from '../../output/table.ts';
import { type ImageRow, imagesOf, lockStackImages } from '../../runtime.ts';
import { UsageError } from '../../usage-error.ts';

export interface ImagesContext extends CommandServices {
  options: { tenant: string | undefined; baseDir: string | undefined };
}

/** The images of the named stack, or of this platform version. */
export const rowsOf = ({ options }: Pick<ImagesContext, 'options'>): Promise<ImageRow[]> => {
  const baseDir = resolveBaseDir(options.baseDir);
  return imagesOf(baseDir, options.tenant === undefined ? null : openStack(baseDir, options.tenant));
};

export const showImages = async (context: ImagesContext): Promise<void> => show(await rowsOf(context), context);

/** Asks the registries what every image of a stack is now. */
export async function lockImages(context: ImagesContext): Promise<void> {
  const { options, output, signal } = context;
  if (options.tenant === undefined) {
    throw new UsageError('The digests are kept with a stack.', 'Name it with --tenant.');
  }
  const stack = openStack(resolveBaseDir(options.baseDir), options.tenant);
  show(await lockStackImages(stack, { signal, report: output.info }), context);
}

const show = (images: readonly ImageRow[], { output }: ImagesContext): void =>
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
