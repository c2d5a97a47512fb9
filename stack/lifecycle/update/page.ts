import type { ServerSettings } from '../../server-settings.ts';
import { advance, type MoveContext, open, runtimeOf } from './update-context.ts';

/** Without an edge the gateway takes its port back in a start, and the maintenance answer is gone by that. */
const hasEdge = ({ runtime, domain }: ServerSettings): boolean => runtime === 'compose' && domain !== undefined;

export async function showPage(
  context: MoveContext,
  report: (message: string) => void,
): Promise<'skipped' | undefined> {
  if (!context.plan.ran) return 'skipped';
  if (context.plan.refusedAt === null || context.plan.servedAt !== null)
    advance(context, { refusedAt: context.plan.refusedAt ?? new Date().toISOString(), servedAt: null });
  await runtimeOf(context).showMaintenance(open(context), { report });
  return undefined;
}

/** On disk first: what clients write from now on is saved when the way leads back. */
export async function hidePage(context: MoveContext): Promise<'skipped' | undefined> {
  if (context.plan.servedAt !== null || !context.plan.ran) return 'skipped';
  advance(context, { served: true });
  await runtimeOf(context).hideMaintenance(open(context));
  advance(context, { servedAt: new Date().toISOString() });
  return undefined;
}

/** After a start: where that has ended the page, clients are served again. */
export async function noteServed(context: MoveContext): Promise<void> {
  if (!hasEdge(open(context).settings)) await hidePage(context);
}
