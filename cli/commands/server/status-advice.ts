import { backupWarning } from '../../../stack/backup/last-backup.ts';
import { fullSoon } from '../../../stack/checks/growth.ts';
import type { StackOverview } from '../../../stack/lifecycle/overview.ts';
import { serverCommand } from '../../../stack/server-command.ts';

export interface StatusAdvice {
  warnings: readonly string[];
  hints: readonly string[];
}

/** What a person should know and do after having seen the status, the most urgent first. */
export function statusAdvice(report: StackOverview): StatusAdvice {
  const { problem, status, busy, versions, migrations } = report;
  const warnings: string[] = [];
  const hints: string[] = [];
  if (busy !== null) hints.push(`\`${busy.command}\` is at work since ${busy.since} (process ${busy.pid}).`);
  if (problem !== undefined) {
    warnings.push(problem.message);
    if (problem.suggestion !== undefined) hints.push(problem.suggestion);
  } else if (status === 'stopped' && busy === null) hints.push(`Start it with: ${serverCommand(report, 'start')}`);
  const noBackup = versions.installed === null ? null : backupWarning(report.lastBackup);
  if (noBackup !== null) {
    warnings.push(noBackup);
    hints.push(`Make one with: ${serverCommand(report, 'backup')}`);
  }
  const soon = report.growth === null ? null : fullSoon(report, report.growth);
  if (soon !== null) {
    warnings.push(soon.warning);
    hints.push(soon.advice);
  }
  if (versions.updateAvailable) hints.push(`Update it to ${versions.cli} with: ${serverCommand(report, 'update')}`);
  else if ((migrations.pending ?? 0) > 0 && busy === null && problem === undefined) {
    hints.push(`Run the pending migrations with: ${serverCommand(report, 'restart')}`);
  }
  return { warnings, hints };
}
