import { localUrl } from '../../local-url.ts';
import { verifyStack } from '../verify/verify.ts';
import { hidePage, noteServed } from './page.ts';
import { type MoveContext, type MoveStep, oldBackup, open, runtimeOf } from './update-context.ts';

/** @param schemaVersion of the version that has to show that it works */
export const verifyStep = (title: string, schemaVersion: (context: MoveContext) => number): MoveStep => ({
  name: 'verify',
  title,
  async run(context, report) {
    const stack = open(context);
    context.evidence = await verifyStack({
      stack,
      runtime: runtimeOf(context),
      url: localUrl(stack.settings),
      schemaVersion: schemaVersion(context),
      canarySha256: oldBackup(context)?.manifest.canarySha256 ?? null,
      signal: context.signal,
      report,
      async slow() {
        report('clients are served again while the engine takes its time');
        await hidePage(context);
      },
    });
  },
});

/** Starts what is installed, and notes when clients are served again. */
export async function startInstalled(context: MoveContext, report: (detail: string) => void): Promise<void> {
  await runtimeOf(context).start(open(context), { signal: context.signal, report });
  await noteServed(context);
}
