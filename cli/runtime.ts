import type { BundleManifest } from '../compose/image-bundle-manifest.ts';
import type { ImageRow } from '../compose/images.ts';
import { ComposeRuntime } from '../compose/runtime.ts';
import { EmbeddedRuntime } from '../embedded/runtime.ts';
import type { Check } from '../stack/checks/check.ts';
import type { StackRuntime } from '../stack/runtime.ts';
import type { Stack } from '../stack/stack.ts';
import { platformVersion } from './platform-version.ts';

/** The one place where the CLI chooses what a stack runs on. */
export function stackRuntime(name: StackRuntime['name']): StackRuntime {
  return name === 'compose' ? new ComposeRuntime(platformVersion()) : new EmbeddedRuntime(platformVersion());
}

export const runtimeFor = ({ settings }: Stack): StackRuntime => stackRuntime(settings.runtime);

/** What `doctor` asks where no stack is named: every runtime. Whoever has no engine can do without production mode. */
export const runtimeChecks = (): readonly Check[] => [
  ...stackRuntime('embedded').checks(null),
  ...stackRuntime('compose')
    .checks(null)
    .map((check) => ({ ...check, severity: 'warning' as const })),
];

/** Writes the files of a stack of containers without any engine. */
export async function renderComposeStack(stack: Stack): Promise<readonly string[]> {
  const [{ writeStackFiles }, { installedFeatures }] = await Promise.all([
    import('../compose/write-stack-files.ts'),
    import('../compose/engine/engine-features.ts'),
  ]);
  return writeStackFiles(stack, platformVersion(), installedFeatures(stack.layout));
}

/** The images of a stack of containers, or of this platform version for stacks that are still to be made. */
export async function imagesOf(baseDir: string, stack: Pick<Stack, 'layout' | 'settings'> | null) {
  const [{ imageRows }, { stackDigests }, { loadedImages }] = await Promise.all([
    import('../compose/images.ts'),
    import('../compose/stack-lock.ts'),
    import('../compose/loaded-images.ts'),
  ]);
  return stack === null
    ? imageRows(platformVersion(), undefined, loadedImages(baseDir))
    : imageRows(platformVersion(), stack.settings.images, stackDigests(stack.layout));
}

/** The images of a stack as registries say now. */
export async function lockStackImages(
  { layout, settings }: Pick<Stack, 'layout' | 'settings'>,
  options: { signal: AbortSignal; report: (message: string) => void },
) {
  const { lockStackImages: lock } = await import('../compose/stack-lock.ts');
  return lock({ layout, platformVersion: platformVersion(), overrides: settings.images, ...options });
}

export type { BundleManifest, ImageRow };

interface BundleOptions {
  signal: AbortSignal;
  report: (message: string) => void;
}

/** All of these images as one file's bytes. */
export async function saveImageBundle(rows: readonly ImageRow[], options: BundleOptions) {
  const { saveBundle } = await import('../compose/image-bundle-save.ts');
  return saveBundle({ platformVersion: platformVersion(), rows, ...options });
}

/** Checks such a file and gives it to the engine; stacks of the base directory use what is in it. */
export async function loadImageBundle(file: string, baseDir: string, options: BundleOptions): Promise<BundleManifest> {
  const { loadBundle } = await import('../compose/image-bundle-load.ts');
  return loadBundle({ file, baseDir, ...options });
}
