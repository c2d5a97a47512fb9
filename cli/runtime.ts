import { engineCheck } from '../compose/engine-check.ts';
import { composeRefusal } from '../compose/refusal.ts';
import { EmbeddedRuntime } from '../embedded/runtime.ts';
import type { Check } from '../stack/checks/check.ts';
import type { StackRuntime } from '../stack/runtime.ts';
import type { Stack } from '../stack/stack.ts';
import { platformVersion } from './platform-version.ts';

/** The one place where the CLI chooses what a stack runs on. */
export function stackRuntime(name: StackRuntime['name']): StackRuntime {
  if (name === 'compose') throw composeRefusal();
  return new EmbeddedRuntime(platformVersion());
}

export const runtimeFor = ({ settings }: Stack): StackRuntime => stackRuntime(settings.runtime);

/** What `doctor` asks where no stack is named: the runtime of every mode. */
export const runtimeChecks = (): readonly Check[] => [...stackRuntime('embedded').checks(null), engineCheck];

/** Writes the files of a stack of containers without any engine. */
export async function renderComposeStack(stack: Stack): Promise<readonly string[]> {
  const { writeStackFiles } = await import('../compose/write-stack-files.ts');
  return writeStackFiles(stack, platformVersion());
}

/** The images of a stack of containers, as known on this machine, or as registries say now. */
export async function stackImages({ layout, settings }: Pick<Stack, 'layout' | 'settings'>) {
  const [{ imageRows }, { stackDigests }] = await Promise.all([
    import('../compose/images.ts'),
    import('../compose/stack-lock.ts'),
  ]);
  return imageRows(platformVersion(), settings.images, stackDigests(layout));
}

export async function lockImages(
  { layout, settings }: Pick<Stack, 'layout' | 'settings'>,
  options: { signal: AbortSignal; report: (message: string) => void },
) {
  const { lockStackImages } = await import('../compose/stack-lock.ts');
  return lockStackImages({ layout, platformVersion: platformVersion(), overrides: settings.images, ...options });
}
