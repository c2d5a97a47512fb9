import { makeStackDirectories, stackLayout } from '../layout.ts';
import { lockStack } from '../lock.ts';
import { ensureSecrets } from '../secrets.ts';
import { requireServerSettings } from '../server-settings.ts';
import { openStack, type Stack } from '../stack.ts';
import { assertChoice, chooseSettings, type SettingsChoice } from './settings.ts';
import { type Progress, runSteps, type Step } from './step.ts';

export interface RenderOptions extends SettingsChoice {
  baseDir: string;
  /** Writes what the stack runs on and answers the paths. */
  write: (stack: Stack) => Promise<readonly string[]>;
  progress: Progress;
}

export interface RenderResult {
  stack: Stack;
  files: readonly string[];
}

/**
 * Makes a stack's settings and secrets and writes every file that it runs on, without starting anything. Run again, it
 * writes what server.json and secrets.json say now.
 */
export async function renderStack(options: RenderOptions): Promise<RenderResult> {
  const layout = stackLayout(options.baseDir, options.tenant);
  const lock = lockStack(layout.lockFile, options.tenant, 'sfp server init');
  try {
    assertChoice(layout, options);
    makeStackDirectories(layout);
    let files: readonly string[] = [];
    const steps: readonly Step<RenderOptions>[] = [
      { name: 'settings', title: 'Choose settings and ports', run: (choice) => chooseSettings(layout, choice) },
      {
        name: 'secrets',
        title: 'Generate keys and passwords',
        run: async () => void ensureSecrets(layout, requireServerSettings(layout).secrets),
      },
      {
        name: 'render',
        title: 'Write the files',
        run: async () => {
          files = await options.write(openStack(layout.baseDir, layout.tenant));
        },
      },
    ];
    await runSteps('init --render-only', layout.journalFile, steps, options, options.progress);
    return { stack: openStack(layout.baseDir, layout.tenant), files };
  } finally {
    lock.release();
  }
}
