import { timingSafeEqual } from 'node:crypto';
import type { Api, Services } from '../../http/api.ts';
import { notSignedIn } from '../../http/problem.ts';

function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The database's wake-up call (`pg_net`). Says nothing about tasks; it is left out of the OpenAPI document. */
export function postDispatch(api: Api, { env, wakeDispatcher }: Pick<Services, 'env' | 'wakeDispatcher'>): void {
  api.post('/internal/dispatch', (c) => {
    if (!same(c.req.header('x-sfp-dispatch') ?? '', env.dispatchSecret))
      throw notSignedIn('The dispatch secret is wrong.');
    wakeDispatcher();
    return c.body(null, 202);
  });
}
