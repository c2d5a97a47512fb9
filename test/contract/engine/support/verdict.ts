import { Claims } from '../../support/claims.ts';
import { compare, type Difference, type Volatility } from '../../support/compare.ts';
import { Report } from '../../support/report.ts';
import { type Frame, readRecording } from './frame.ts';
import { type Step, stepsOf } from './steps.ts';

const claims = new Claims('engine');
export const report = new Report('engine', claims);

export interface VerdictOptions {
  /** Values that this scenario cannot fix, by path. */
  ignore?: RegExp;
}

/** Compares what happened with the recording, step by step, and fails on claimed steps that differ. */
export function judge(scenario: string, actual: readonly Frame[], options: VerdictOptions = {}): void {
  const recorded = stepsOf(scenario, readRecording(scenario));
  const lanes = Map.groupBy(stepsOf(scenario, actual), (step) => step.lane);
  const volatility: Volatility = (path) => (options.ignore?.test(path) === true ? 'ignore' : 'exact');
  const equal: number[] = [];
  for (const step of recorded) {
    const got = lanes.get(step.lane)?.shift();
    const differences = differencesOf(step, got, volatility);
    if (differences.length === 0) equal.push(step.number);
    report.record(scenario, step.number, `${step.label} [${step.lane}]`, differences);
  }
  const extra = [...lanes.values()].flat();
  if (process.env.SFP_CONTRACT_SHOW !== undefined) show(scenario, recorded, equal, extra);
  // A frame that was never recorded is a difference of the step after the last.
  const claimsAll = claims.has(scenario, Number.MAX_SAFE_INTEGER);
  if (claimsAll && extra.length > 0)
    report.record(
      scenario,
      recorded.length,
      `unrecorded: ${extra.map((step) => step.lane).join(' ; ')}`,
      extra.map((step) => ({ path: step.label, expected: undefined, actual: step.value })),
    );
  report.assert(scenario);
}

const isCut = (value: unknown): boolean => JSON.stringify(value).includes('"CUT":true');

function differencesOf(step: Step, got: Step | undefined, volatility: Volatility): Difference[] {
  if (got === undefined) return [{ path: step.label, expected: step.value, actual: undefined }];
  // The recording holds only the beginning of a long frame: that it came is all that can be said.
  if (isCut(step.value)) return [];
  return compare(step.value, got.value, volatility);
}

const show = (scenario: string, recorded: Step[], equal: number[], extra: Step[]): void => {
  const different = recorded.map((step) => step.number).filter((number) => !equal.includes(number));
  process.stdout.write(
    `${JSON.stringify({ scenario, steps: recorded.length, different, extra: extra.map((step) => step.lane) })}\n`,
  );
};
