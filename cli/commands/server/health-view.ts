import type { HealthReport } from '../../../stack/lifecycle/health.ts';
import type { TextView } from '../../output/output.ts';

/** One line when it is healthy, and a line more for each thing that is not. */
export const healthView =
  ({ tenant, status, url, failing }: HealthReport): TextView =>
  (style) => {
    const healthy = status === 'healthy';
    const head = `${tenant} is ${style.paint(healthy ? 'green' : 'red', healthy ? 'healthy' : 'not healthy')}  ${url}`;
    const rows = failing.map(
      ({ kind, name, state, detail }) =>
        `${style.paint('red', '✗')} ${kind} ${name} is ${state}${detail === undefined ? '' : `: ${detail}`}`,
    );
    return [head, ...rows, ''].join('\n');
  };
