import { SfpError } from '../../contracts/error.ts';
import { type Check, failedErrors, runChecks } from '../checks/check.ts';

/** Refuses with the first failed check, and names the others; warnings are told and do not refuse. */
export async function preflight(checks: readonly Check[], report: (detail: string) => void): Promise<void> {
  const reports = await runChecks(checks);
  for (const { ok, severity, title, evidence } of reports) {
    if (!ok && severity === 'warning') report(`${title}: ${evidence}`);
  }
  const [first, ...others] = failedErrors(reports);
  if (first === undefined) return;
  throw new SfpError({
    code: 'preflight_failed',
    message: `${first.title}: ${first.evidence}`,
    ...(others.length === 0 ? {} : { detail: others.map(({ title, evidence }) => `${title}: ${evidence}`).join('\n') }),
    suggestion: first.remedy ?? 'Run `sfp doctor` for all checks.',
  });
}
