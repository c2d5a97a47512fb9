import { SfpError } from '../../contracts/error.ts';
import { makeStackDirectories, type StackLayout, stackLayout } from '../layout.ts';
import { lockStack } from '../lock.ts';
import { ensureSecrets } from '../secrets.ts';
import { domainSchema, readServerSettings, requireServerSettings } from '../server-settings.ts';
import { openStack, type Stack } from '../stack.ts';
import { chooseSettings, type SettingsChoice } from './settings.ts';
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
    refuseContradiction(layout, options);
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

/** Options that the stack cannot have, or that contradict what its server.json says: refused before anything is written. */
function refuseContradiction(layout: StackLayout, { tenant, domain, runtime }: RenderOptions): void {
  if (domain !== undefined && !domainSchema.safeParse(domain).success) {
    throw new SfpError({
      code: 'usage',
      message: `"${domain}" is not a host name that a certificate can be had for.`,
      suggestion: 'Give the name alone, in lower case, such as deploy.example.com.',
    });
  }
  const existing = readServerSettings(layout);
  if (existing === null) return;
  if (existing.runtime !== runtime.name) {
    throw new SfpError({
      code: 'stack_exists',
      message: `Stack "${tenant}" exists already and runs on the ${existing.runtime} runtime.`,
      suggestion: 'Choose another tenant name, or destroy that stack first.',
    });
  }
  if (domain !== undefined && existing.domain !== domain) {
    throw new SfpError({
      code: 'settings_differ',
      message: `Stack "${tenant}" exists already, with ${existing.domain === undefined ? 'no domain' : `the domain ${existing.domain}`}.`,
      suggestion: `Set "domain" in ${layout.serverFile} and run the command again without --domain.`,
    });
  }
}
