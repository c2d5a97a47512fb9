import type { UpdateReview } from '../../../stack/lifecycle/update/review.ts';
import type { FileChange, ImageChange } from '../../../stack/runtime.ts';
import type { TextView } from '../../output/output.ts';
import type { Style } from '../../output/style.ts';

const list = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `\n${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;

const imageLine = ({ name, from, to }: ImageChange): string => `${name}  ${from ?? 'none'} -> ${to}`;

const indented = (text: string): string => text.replace(/\n$/, '').split('\n').join('\n    ');
const fileLine = ({ path, change, diff }: FileChange): string =>
  `${path} is ${change}${diff === null || diff === '' ? '' : `\n    ${indented(diff)}`}`;

/** What an update would do, as people read it. */
export const reviewView =
  (review: UpdateReview): TextView =>
  (style: Style) => {
    const { tenant, from, to, plan, migrations, notes, breaking, tasksInFlight } = review;
    if (!review.changes) return `Stack ${tenant} has version ${to} with its settings; there is nothing to update.\n`;
    const head =
      from === to ? `Stack ${tenant} stays on ${to}; settings or images change.` : `Stack ${tenant}: ${from} -> ${to}`;
    const migrationLines = migrations.map(
      (one) => `${one.file}  ${one.purpose}${one.breaking ? style.paint('red', '  breaking') : ''}`,
    );
    return [
      `${head}\n`,
      list(
        'Breaking changes',
        breaking.map((text) => style.paint('red', text)),
      ),
      list('Notes', notes),
      list('Migrations', migrationLines),
      list('Images and programs', plan.images.map(imageLine)),
      list('Files', plan.files.map(fileLine)),
      list('Services that restart', plan.services.length === 0 ? [] : [plan.services.join(', ')]),
      tasksInFlight === null ? '' : `\nTasks that wait or run now: ${tasksInFlight}\n`,
    ].join('');
  };

/** One line before it begins. */
export const reviewLine = ({ from, to, migrations, plan, tasksInFlight }: UpdateReview): string =>
  [
    from === to ? `${to}, changed settings or images` : `${from} -> ${to}`,
    `${migrations.length} migration${migrations.length === 1 ? '' : 's'}`,
    `services: ${plan.services.join(', ') || 'none'}`,
    ...(tasksInFlight === null
      ? []
      : [`${tasksInFlight} task${tasksInFlight === 1 ? '' : 's'} wait or run: they finish, or go on after it`]),
  ].join('; ');

export const secondsText = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`;
