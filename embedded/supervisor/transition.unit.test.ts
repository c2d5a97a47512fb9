import { describe, expect, it } from 'vitest';
import { isReady, serviceEvents, serviceStatuses, transition } from './transition.ts';

describe('service transitions', () => {
  const legal = serviceStatuses.flatMap((status) =>
    serviceEvents.flatMap((event) => {
      const next = transition(status, event);
      return next === null ? [] : [`${status} -${event}-> ${next}`];
    }),
  );

  it('knows exactly these', () => {
    expect(legal).toEqual([
      'idle -requested-> waiting',
      'idle -stop_requested-> stopped',
      'waiting -needs_met-> starting',
      'waiting -stop_requested-> stopped',
      'starting -probe_passed-> running',
      'starting -crashed-> backoff',
      'starting -done-> completed',
      'starting -gave_up-> failed',
      'starting -stop_requested-> stopping',
      'running -probe_failed-> unhealthy',
      'running -crashed-> backoff',
      'running -gave_up-> failed',
      'running -stop_requested-> stopping',
      'unhealthy -probe_passed-> running',
      'unhealthy -crashed-> backoff',
      'unhealthy -gave_up-> failed',
      'unhealthy -stop_requested-> stopping',
      'backoff -retry_due-> starting',
      'backoff -stop_requested-> stopped',
      'completed -stop_requested-> stopped',
      'failed -stop_requested-> stopped',
      'stopping -ended-> stopped',
    ]);
  });

  it('can be stopped from everywhere but where it is stopped already', () => {
    const deaf = serviceStatuses.filter((status) => transition(status, 'stop_requested') === null);
    expect(deaf).toEqual(['stopping', 'stopped']);
  });

  it('lets others rely on what is healthy or done only', () => {
    expect(serviceStatuses.filter(isReady)).toEqual(['running', 'completed']);
  });
});
