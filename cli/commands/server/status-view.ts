import type { StackReport } from '../../../stack/lifecycle/status.ts';
import type { ServiceStatus, StackStatus } from '../../../stack/runtime.ts';
import { formatDuration } from '../../output/duration.ts';
import type { TextView } from '../../output/output.ts';
import type { Tone } from '../../output/style.ts';
import { table } from '../../output/table.ts';

export const statusTones: Readonly<Record<StackStatus, Tone>> = {
  running: 'green',
  partial: 'yellow',
  stopped: 'dim',
  error: 'red',
};

const healthTones: Readonly<Record<ServiceStatus['health'], Tone>> = {
  healthy: 'green',
  unhealthy: 'red',
  unknown: 'yellow',
};

const megabytes = (bytes: number | null): string => (bytes === null ? '' : `${Math.round(bytes / 1024 / 1024)} MB`);
const total = (services: readonly ServiceStatus[], of: (service: ServiceStatus) => number | null): number =>
  services.reduce((sum, service) => sum + (of(service) ?? 0), 0);

/** Overall status, a row for each service, memory of all of it, and the parts as the API found them. */
export const statusView = (report: StackReport, now: Date): TextView => {
  const { services, health } = report;
  const rows = table<ServiceStatus>(
    [
      { title: 'service', value: ({ name }) => name },
      { title: 'state', value: ({ state }) => state },
      { title: 'health', value: (row) => row.health, tone: (row) => healthTones[row.health] },
      { title: 'restarts', value: ({ restarts }) => String(restarts) },
      {
        title: 'up',
        value: ({ upSince }) => (upSince === null ? '' : formatDuration(now.getTime() - new Date(upSince).getTime())),
      },
      { title: 'pid', value: ({ pid }) => String(pid ?? '') },
      { title: 'rss', value: ({ rssBytes }) => megabytes(rssBytes) },
      { title: 'detail', value: ({ detail }) => detail ?? '' },
    ],
    services,
    '',
  );
  return (style) => {
    const head = `${report.tenant} is ${style.paint(statusTones[report.status], report.status)}  ${report.url}`;
    if (services.length === 0) return `${head}\n`;
    const body = typeof rows === 'string' ? rows : rows(style);
    const memory = `memory ${megabytes(total(services, (service) => service.rssBytes))} resident, ${megabytes(total(services, (service) => service.pssBytes))} with shared pages counted once`;
    const parts = Object.entries(health?.parts ?? {}).map(([name, part]) =>
      style.paint(part.status === 'ok' ? 'green' : 'red', `${name} ${part.status}`),
    );
    const asked = health === null ? 'the API does not answer' : parts.join('  ');
    return `${head}\n\n${body}\n\n${memory}\nparts  ${asked}\n`;
  };
};
