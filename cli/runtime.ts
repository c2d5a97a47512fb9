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
