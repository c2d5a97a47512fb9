import { SfpError } from '../../../contracts/error.ts';
import type { UpdateReview } from '../../../stack/lifecycle/update/review.ts';
import { defineCommand } from '../../command.ts';
import type { Input } from '../../input/input.ts';
import type { Output } from '../../output/output.ts';
import { lifecycleProgress } from './lifecycle-progress.ts';
import { outliveTerminal } from './lost-terminal.ts';
import { stackOptions } from './stack-options.ts';
import { reviewLine, reviewView, secondsText } from './update-view.ts';

export const command = defineCommand({
  description:
    'Moves the stack to the version of this sfp, or applies changed settings and images. First everything is checked and fetched while the stack goes on; then workers drain, clients get 503 with Retry-After, the stack is backed up, the new version starts and has to prove that it works. When it does not, the old version and its data come back by themselves, and prove to work too. Run it again to finish one that was interrupted.',
  options: {
    ...stackOptions,
    dryRun: { type: 'flag', summary: 'Show exactly what would change; touch nothing' },
    acceptBreaking: { type: 'flag', summary: 'Go on over breaking changes without asking' },
    yes: { type: 'flag', short: 'y', summary: 'Do not ask whether to begin; breaking changes need --accept-breaking' },
    keepBackups: {
      type: 'integer',
      value: 'n',
      min: 1,
      max: 100,
      default: 3,
      summary: 'Keep so many of the backups and old versions that updates made',
    },
    skipCheck: { type: 'list', value: 'check', summary: 'Go on although this check fails, e.g. update-room' },
  },
  examples: [
    'sfp server update --tenant acme --dry-run',
    'sfp server update --tenant acme',
    'sfp server update -t acme --no-input --accept-breaking --json',
  ],
  async run({ options, output, input, signal }) {
    const { tenant } = options;
    const [{ planUpdate, updateStack }, { resolveBaseDir }, { runtimeFor }, { platformVersion }] = await Promise.all([
      import('../../../stack/lifecycle/update/update.ts'),
      import('../../../stack/base-dir.ts'),
      import('../../runtime.ts'),
      import('../../platform-version.ts'),
    ]);
    const common = {
      baseDir: resolveBaseDir(options.baseDir),
      tenant,
      runtimeFor,
      platformVersion: platformVersion(),
      skipChecks: options.skipCheck,
      signal,
      progress: lifecycleProgress(output),
    };
    if (options.dryRun) {
      const review = await planUpdate(common);
      output.result(review, reviewView(review));
      return;
    }
    outliveTerminal();
    const result = await updateStack({
      ...common,
      keep: options.keepBackups,
      approve: (review) => approve(review, options, { input, output }),
    });
    const { outcome, from, to, backup, downtimeMs } = result;
    if (outcome === 'unchanged') {
      output.result(
        { tenant, ...result },
        `Stack ${tenant} has version ${to} with its settings; there is nothing to update.\n`,
      );
      return;
    }
    const downtime = downtimeMs === null ? '' : ` Clients were refused for ${secondsText(downtimeMs)}.`;
    const state = result.running ? 'runs' : 'is stopped, as it was before';
    output.result({ tenant, ...result }, `Stack ${tenant} ${state}, on version ${to} (was ${from}).${downtime}\n`);
    if (backup !== null) output.info(`The backup of before: ${backup}`);
    const { serverCommand } = await import('../../../stack/server-command.ts');
    const baseDir = resolveBaseDir(options.baseDir);
    output.hint(`Go back with: ${serverCommand({ tenant, baseDir }, 'rollback')}`);
  },
});

/** Breaking changes are always asked about; whether to begin, only where a person can answer. */
async function approve(
  review: UpdateReview,
  options: { acceptBreaking: boolean; yes: boolean },
  { input, output }: { input: Input; output: Output },
): Promise<boolean> {
  const { breaking, to, tenant } = review;
  output.info(reviewLine(review));
  for (const text of breaking) output.warn(`breaking: ${text}`);
  if (breaking.length > 0 && !options.acceptBreaking) {
    if (input.canAsk)
      return input.confirm(`Update ${tenant} to ${to} with these breaking changes?`, '--accept-breaking');
    throw new SfpError({
      code: 'breaking_changes',
      message: `The update to ${to} has breaking changes.`,
      detail: breaking.join('\n'),
      suggestion: 'Read them, then run it again with --accept-breaking.',
    });
  }
  if (options.yes || options.acceptBreaking || !input.canAsk) return true;
  return input.confirm(`Update ${tenant} now?`, '--yes');
}
