import { join } from 'node:path';
import { readTextFile } from '../../stack/atomic-file.ts';
import type { StackLayout } from '../../stack/layout.ts';
import { isVersionAtLeast } from '../is-version-at-least.ts';
import { engine } from './docker-engine.ts';

/** What the rendered files may use of an engine, beyond what the oldest one that is supported has. */
export interface EngineFeatures {
  /**
   * Health checks that come often until the first success, and rarely afterwards. Without it they come often for ever, and each
   * is a process that is started in a container. With it an idle stack takes 5 % of a core (Docker 26).
   */
  startInterval: boolean;
}

/** What every supported engine has. */
export const oldestFeatures: EngineFeatures = { startInterval: false };

/** What the files of a stack use, so that they are rendered the same again where no engine is asked. */
export const installedFeatures = ({ dir }: Pick<StackLayout, 'dir'>): EngineFeatures => ({
  startInterval: /^\s+start_interval:/m.test(readTextFile(join(dir, 'compose.yaml')) ?? ''),
});

/** Asks the engine that the files are for. Docker 25, API 1.44, brought `start_interval`; Compose refuses it on an older one. */
export async function engineFeatures(): Promise<EngineFeatures> {
  const { ApiVersion } = await engine((client) => client.version());
  return { startInterval: isVersionAtLeast(ApiVersion, '1.44') };
}
