import { backupWarning } from '../../../stack/backup/last-backup.ts';
import { sizeText } from '../../../stack/checks/growth.ts';
import type { StackOverview } from '../../../stack/lifecycle/overview.ts';
import type { ServiceStatus, StackStatus } from '../../../stack/runtime.ts';
import { formatDuration } from '../../output/duration.ts';
import type { TextView } from '../../output/output.ts';
import type { Tone } from '../../output/style.ts';
import { fields, table } from '../../output/table.ts';

export const statusTones: Readonly<Record<StackStatus, Tone>> = {
  running: 'green',
  partial: 'yellow',
  stopped: 'dim',
  error: 'red',
  unknown: 'yellow',
};

const healthTones: Readonly<Record<ServiceStatus['health'], Tone>> = {
  healthy: 'green',
  unhealthy: 'red',
  unknown: 'yellow',
};

const megabytes = (bytes: number | null): string => (bytes === null ? '' : `${Math.round(bytes / 1024 / 1024)} MB`);
const percent = (share: number | null): string =>
  share === null ? '' : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`;
const day = 24 * 3_600_000;
const age = (ms: number): string => (ms < day ? formatDuration(ms) : `${Math.floor(ms / day)} d`);

/** The sum, or null when no service tells. */
function total(services: readonly ServiceStatus[], of: (service: ServiceStatus) => number | null): number | null {
  const known = services.map(of).filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

/** Overall status, a row for each service, what is wrong with one below, and the facts about all of it. Fits 80 columns. */
export const statusView = (report: StackOverview, now: Date): TextView => {
  const { services } = report;
  const rows = table<ServiceStatus>(
    [
      { title: 'service', value: ({ name }) => name },
      { title: 'state', value: ({ state }) => state, tone: (row) => healthTones[row.health] },
      { title: 'health', value: ({ health }) => health, tone: (row) => healthTones[row.health] },
      { title: 'restarts', value: ({ restarts }) => String(restarts) },
      { title: 'up', value: ({ upSince }) => (upSince === null ? '' : age(now.getTime() - Date.parse(upSince))) },
      { title: 'cpu', value: ({ cpu }) => percent(cpu) },
      { title: 'memory', value: ({ rssBytes }) => megabytes(rssBytes) },
    ],
    services,
    '',
  );
  const facts = fields([
    ['version', versionText(report)],
    ['migrations', migrationsText(report)],
    ['backup', backupText(report)],
    ['size', report.growth === null ? null : sizeText(report.growth)],
    ['memory', memoryText(services)],
    ['cpu', percent(total(services, ({ cpu }) => cpu))],
  ]);
  return (style) => {
    const render = (view: TextView): string => (typeof view === 'string' ? view : view(style));
    const head = `${report.tenant} is ${style.paint(statusTones[report.status], report.status)}  ${report.url}`;
    const details = services
      .filter((service) => service.detail !== undefined && service.health !== 'healthy')
      .map(({ name, detail }) => `${style.paint('red', name)}: ${detail}`);
    const parts = Object.entries(report.health?.parts ?? {}).map(([name, part]) =>
      style.paint(part.status === 'ok' ? 'green' : 'red', `${name} ${part.status}`),
    );
    const asked = report.health === null ? 'the API does not answer' : parts.join('  ');
    return [
      head,
      ...(services.length === 0 ? [] : ['', render(rows)]),
      ...(details.length === 0 ? [] : ['', ...details]),
      '',
      render(facts),
      ...(report.status === 'stopped' ? [] : [`${style.paint('dim', 'parts')}       ${asked}`]),
      '',
    ].join('\n');
  };
};

function versionText({ versions: { installed, running, cli, updateAvailable } }: StackOverview): string {
  if (installed === null) return `none installed; this is sfp ${cli}`;
  if (running !== null && running !== installed) return `${installed} installed, ${running} runs; this is sfp ${cli}`;
  if (installed === cli) return installed;
  return updateAvailable
    ? `${installed}; sfp ${cli} can update it`
    : `${installed}; this sfp is ${cli}, which is older`;
}

function migrationsText({ migrations: { database, known, pending } }: StackOverview): string | null {
  if (database === null) return null;
  if (pending === 0) return database > known ? `${database}; this sfp knows ${known}` : `${database}, none pending`;
  return `${database}; ${pending} pending up to ${known}`;
}

function backupText({ lastBackup: last }: StackOverview): string {
  if (last === null) return 'none';
  const { name, encrypted, ageMs } = last;
  const where = name ?? 'in a directory of its own';
  const sealed = encrypted === null ? '' : encrypted ? ', encrypted' : ', not encrypted';
  return `${age(ageMs)} ago, ${where}${sealed}${backupWarning(last) === null ? '' : ' (old)'}`;
}

function memoryText(services: readonly ServiceStatus[]): string | null {
  const resident = total(services, ({ rssBytes }) => rssBytes);
  const counted = total(services, ({ pssBytes }) => pssBytes);
  if (resident === null) return null;
  const text = `${megabytes(resident)} resident`;
  return counted === null ? text : `${text}, ${megabytes(counted)} with shared pages counted once`;
}
