import type { WatchUpdate } from '../../client/watch/watch-task.ts';
import type { TaskEvent } from '../../contracts/task-event.ts';
import { formatDuration } from '../output/duration.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { stageMarks, taskMarks } from '../tui/stage-row.ts';
import { plainText } from './plain-text.ts';

/** The feed as lines for people, or as one JSON object per update: the same events, in the same order, either way. */
export function printUpdate(output: Output, update: WatchUpdate): void {
  switch (update.type) {
    case 'events':
      for (const event of update.events) output.event('event', { ...event }, (style) => eventLines(event, style));
      return;
    case 'phase':
      output.event('phase', { phase: update.phase });
      return;
    case 'watchers':
      output.event('watchers', { watchers: update.watchers });
      return;
    case 'task':
    case 'end':
      return; // the result at the end says it all
  }
}

const took = (ms: number | undefined): string => (ms === undefined ? '' : `  ${formatDuration(ms)}`);

/** An event for people; empty when it has nothing to say that another one does not. */
export function eventLines(event: TaskEvent, style: Style): string {
  switch (event.kind) {
    case 'task': {
      const { status, worker } = event.data;
      const { sign, tone } = taskMarks[status];
      return `${style.paint(tone, sign)} task ${status}${status === 'running' && worker !== undefined ? ` on ${worker}` : ''}`;
    }
    case 'stage': {
      const { stage, status, durationMs } = event.data;
      const { sign, tone } = stageMarks[status];
      return `${style.paint(tone, sign)} ${stage} ${status}${style.paint('dim', took(durationMs))}`;
    }
    case 'step': {
      const { step, status, durationMs, exitCode } = event.data;
      if (status === 'succeeded') return '';
      const code = status === 'failed' && typeof exitCode === 'number' ? ` (exit ${exitCode})` : '';
      return `  ${style.paint(status === 'failed' ? 'red' : 'bold', status === 'failed' ? '✗' : '$')} ${step}${code}${status === 'failed' ? took(durationMs) : ''}`;
    }
    case 'log': {
      const { stage, lines } = event.data;
      const source = style.paint('dim', `  ${(stage ?? 'sfp').padEnd(9)}│`);
      return lines.map(({ text }) => `${source} ${plainText(text)}`).join('\n');
    }
    case 'progress':
      return '';
    case 'note':
      return `${style.paint('cyan', '·')} ${plainText(event.data.text)}`;
  }
}
