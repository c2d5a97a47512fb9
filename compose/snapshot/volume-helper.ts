import type { StackLayout } from '../../stack/layout.ts';
import { type HelperRun, helperOutput, runHelper } from '../engine/helper-container.ts';
import type { CopiedVolume } from './snapshot-files.ts';

export interface VolumesRun extends Pick<HelperRun, 'stdin' | 'signal' | 'failure' | 'purpose' | 'image'> {
  layout: StackLayout;
  volumes: readonly CopiedVolume[];
  readOnly?: boolean;
  script: string;
  /** After the directories of the volumes. */
  args?: readonly string[];
}

/** Where a helper has a volume. */
export const mounted = (volume: CopiedVolume): string => `/volumes/${volume}`;

/** A script of volume-scripts.ts on volumes. */
const helperRun = ({ volumes, readOnly = false, script, args = [], ...run }: VolumesRun): HelperRun => ({
  ...run,
  volumes: Object.fromEntries(volumes.map((volume) => [volume, { target: mounted(volume), readOnly }])),
  user: '0:0',
  entrypoint: 'bash',
  command: ['-euc', script, 'sfp', ...volumes.map(mounted), ...args],
  // Files of other users are read, written, and given to whom they belong.
  capabilities: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'],
});

export const runOnVolumes = (run: VolumesRun): Promise<string> => runHelper(helperRun(run));
export const volumesOutput = (run: VolumesRun): AsyncGenerator<Uint8Array> => helperOutput(helperRun(run));
