import type { StackLayout } from '../../stack/layout.ts';
import { type HelperRun, helperOutput, runHelper } from '../engine/helper-container.ts';
import type { CopiedVolume } from './snapshot-files.ts';

export interface VolumeRun {
  layout: StackLayout;
  volume: CopiedVolume;
  readOnly?: true;
  purpose: string;
  image: string;
  script: string;
  args?: readonly string[];
  stdin?: HelperRun['stdin'];
  signal?: AbortSignal | undefined;
  failure: string;
}

const directory = '/volume';

/** A script of volume-scripts.ts on one volume. */
const helperRun = ({ volume, readOnly, script, args = [], ...run }: VolumeRun): HelperRun => ({
  ...run,
  volumes: { [volume]: { target: directory, ...(readOnly === undefined ? {} : { readOnly }) } },
  user: '0:0',
  entrypoint: 'bash',
  command: ['-euc', script, 'sfp', directory, ...args],
  // Files of other users are read, written, and given to whom they belong.
  capabilities: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'],
});

export const runOnVolume = (run: VolumeRun): Promise<string> => runHelper(helperRun(run));
export const volumeOutput = (run: VolumeRun): AsyncGenerator<Uint8Array> => helperOutput(helperRun(run));
