import { SfpError } from '../../contracts/error.ts';

/** `error` refuses a start; `warning` is told and goes on. */
type Severity = 'error' | 'warning';

export interface CheckResult {
  ok: boolean;
  /** What was seen: version, path, number. */
  evidence: string;
  /** What to do when it is not ok. */
  remedy?: string;
}

/** One thing that must be so. The same list serves doctor and the preflight of lifecycle commands. */
export interface Check {
  id: string;
  title: string;
  severity: Severity;
  run(): CheckResult | Promise<CheckResult>;
}

export interface CheckReport extends CheckResult {
  id: string;
  title: string;
  severity: Severity;
}

/** Runs every check; one that throws has failed with the error as its evidence. */
export const runChecks = (checks: readonly Check[]): Promise<CheckReport[]> =>
  Promise.all(
    checks.map(async ({ id, title, severity, run }) => {
      try {
        return { id, title, severity, ...(await run()) };
      } catch (error) {
        return { id, title, severity, ok: false, ...failedBy(error) };
      }
    }),
  );

function failedBy(error: unknown): Pick<CheckResult, 'evidence' | 'remedy'> {
  if (!(error instanceof SfpError)) return { evidence: error instanceof Error ? error.message : String(error) };
  const { message, detail, suggestion } = error;
  const evidence = detail === undefined ? message : `${message} (${detail.split('\n')[0]})`;
  return suggestion === undefined ? { evidence } : { evidence, remedy: suggestion };
}

export const failedErrors = (reports: readonly CheckReport[]): CheckReport[] =>
  reports.filter((report) => !report.ok && report.severity === 'error');
