import { type Failure, SfpError } from '../../../contracts/error.ts';
import { refusedSettings } from '../../proven-settings.ts';
import { serverCommand } from '../../server-command.ts';
import type { MoveContext } from './update-context.ts';
import { downtimeOf, type UpdatePlan } from './update-plan.ts';

export const failureOf = (error: unknown): Failure =>
  error instanceof SfpError
    ? error.toFailure()
    : { code: 'internal', message: error instanceof Error ? error.message : String(error) };

const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`;

/** What became of an update that went back by itself: what failed where, what was done, and which data there is now. */
export function wentBack({ layout, plan }: Pick<MoveContext, 'layout' | 'plan'>, cause: unknown): SfpError {
  const failure = plan.failure;
  const downtime = downtimeOf(plan);
  const refused = refusedSettings(layout);
  const lines = [
    failure === null ? undefined : `${failure.step}: [${failure.code}] ${failure.message}`,
    failure?.detail,
    `${stateOf(plan)} Data: ${dataOf(plan)}`,
    refused === null ? undefined : `Settings: as they were; those of the update are in ${refused}.`,
    plan.saved === null ? undefined : `What clients wrote to version ${plan.to} is in the backup ${plan.saved}.`,
    downtime === null ? undefined : `Clients were refused for ${seconds(downtime)}.`,
    `Logs: ${layout.logsDir}; steps: ${layout.journalFile}.`,
  ];
  const cancelled = failure?.code === 'cancelled';
  return new SfpError(
    {
      code: cancelled ? 'cancelled' : 'update_rolled_back',
      message: cancelled
        ? `The update to version ${plan.to} was cancelled; the stack is on version ${plan.from}.`
        : `The update to version ${plan.to} failed at "${failure?.step}"; the stack is back on version ${plan.from}.`,
      detail: lines.filter((line) => line !== undefined).join('\n'),
      suggestion: cancelled
        ? `Run it again when you like: ${serverCommand(layout, 'update')}`
        : `Remove the cause and run \`${serverCommand(layout, 'update')}\` again.`,
    },
    { cause },
  );
}

const stateOf = ({ ran, from, backup }: UpdatePlan): string => {
  if (ran) return `Version ${from} runs and has proven to work.`;
  return backup === null
    ? `Version ${from} is stopped, as it was.`
    : `Version ${from} has proven to work, and is stopped as it was.`;
};

const dataOf = ({ restore, backup }: UpdatePlan): string =>
  restore && backup !== null ? `as of the backup ${backup}.` : 'as they were; the databases were not touched.';

/** The way back failed too: what to do about it. */
export function stuck(
  { layout, plan, current }: Pick<MoveContext, 'layout' | 'plan' | 'current'>,
  error: unknown,
): SfpError {
  const why = failureOf(error);
  const first = plan.failure;
  const lines = [
    why.detail,
    first === null ? undefined : `Why there is a way back: ${first.step}: [${first.code}] ${first.message}`,
    plan.backup === null ? undefined : `The data of version ${plan.from} is in the backup ${plan.backup}.`,
    plan.saved === null ? undefined : `What was written since is in the backup ${plan.saved}.`,
    `Logs: ${layout.logsDir}; steps: ${layout.journalFile}.`,
  ];
  return new SfpError(
    {
      code: 'rollback_failed',
      message: `The way back to version ${plan.from} failed at "${current}": ${why.message}`,
      detail: lines.filter((line) => line !== undefined).join('\n'),
      suggestion: [
        why.suggestion,
        `Remove the cause and run \`${serverCommand(layout, 'rollback')}\`: it goes on where this one ended.`,
      ]
        .filter((line) => line !== undefined)
        .join(' '),
    },
    { cause: error },
  );
}
