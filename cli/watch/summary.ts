import type { Deployment } from '../../contracts/deployment.ts';
import { formatDuration } from '../output/duration.ts';
import type { TextView } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { stagesShown, subjectOf, type WatchModel, type WatchTitle } from '../tui/model.ts';
import { stageDuration, stageMarks, statusText, taskMarks } from '../tui/stage-row.ts';
import type { WatchResult } from './outcome.ts';

const logTail = 20;

/**
 * What stays on the terminal when a watch is over: stages, failure with its evidence, result, next command. The last
 * lines of the log only when they are not on the terminal already.
 */
export function summaryView(model: WatchModel, result: WatchResult, { logShown }: { logShown: boolean }): TextView {
  return (style) =>
    [
      headline(model, style),
      ...stageLines(model, style),
      ...failureLines(model, result, logShown, style),
      ...nextLines(model, result, style),
    ].join('\n');
}

function headline(model: WatchModel, style: Style): string {
  const { ref } = model.title;
  const { sign, tone } = taskMarks[model.status];
  const subject = subjectOf(model.title);
  const what = subject === undefined ? `task ${model.taskId}` : `${subject} (${ref})`;
  const took =
    model.startedAt === null || model.finishedAt === null
      ? ''
      : ` in ${formatDuration(model.finishedAt - model.startedAt)}`;
  return `${style.paint(tone, sign)} ${style.paint('bold', what)} ${statusText(model)}${took}`;
}

function stageLines({ stages: states, finishedAt, title }: WatchModel, style: Style): string[] {
  if (states === null) return [];
  return stagesShown({ title })
    .filter((stage) => states[stage].status !== 'pending')
    .map((stage) => {
      const state = states[stage];
      const { sign, tone } = stageMarks[state.status];
      const took = stageDuration(state, finishedAt ?? 0);
      const timing = took === undefined || state.status === 'skipped' ? state.status : formatDuration(took);
      return `  ${style.paint(tone, sign)} ${stage.padEnd(10)} ${style.paint('dim', timing)}${state.step === undefined ? '' : `  ${state.step}`}`;
    });
}

function failureLines(model: WatchModel, { task }: WatchResult, logShown: boolean, style: Style): string[] {
  const failure = model.failure ?? task.failure;
  if (failure === null) return [];
  const output = logShown ? [] : model.log.filter(({ stream }) => stream !== 'system').slice(-logTail);
  return [
    '',
    `${style.paint('red', failure.message)} ${style.paint('dim', `(${failure.code})`)}`,
    ...(failure.detail === undefined ? [] : [failure.detail]),
    ...(output.length === 0 ? [] : [style.paint('dim', 'Last lines:'), ...output.map(({ text }) => `  ${text}`)]),
    ...(failure.suggestion === undefined ? [] : [`${style.paint('cyan', '→')} ${failure.suggestion}`]),
  ];
}

function nextLines({ title }: WatchModel, { outcome, deployment, task }: WatchResult, style: Style): string[] {
  const url = deployment?.metadata.resultUrl;
  const arrow = style.paint('cyan', '→');
  if (outcome === 'succeeded' && title.build !== undefined)
    return [
      '',
      `${arrow} Deploy it: sfp deploy --project ${title.project} --environment <slug> --build ${title.build}`,
    ];
  if (outcome === 'succeeded') return url === undefined ? [] : ['', `${arrow} ${style.paint('bold', url)}`];
  const again =
    title.build !== undefined
      ? [`${arrow} When it is mended, build anew: sfp build --project ${title.project} --ref ${title.ref}`]
      : deployment === null
        ? []
        : [`${arrow} ${againLine(deployment, title, task.id)}`];
  return ['', `${arrow} The whole log: sfp task logs ${task.id}`, ...again];
}

/** A rollback took back what the finished stages did, so the server does not go on behind them. */
function againLine({ status, ref, projectId, environmentId }: Deployment, title: WatchTitle, taskId: string): string {
  const anew = status === 'rolled_back' || status === 'rejected' || status === 'expired';
  if (!anew) return `Run what did not succeed again: sfp task retry ${taskId}`;
  const { project = projectId, environment = environmentId } = title;
  return `When it is mended, deploy anew: sfp deploy --project ${project} --environment ${environment} --ref ${ref}`;
}
