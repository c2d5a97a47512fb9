import type { Health } from '../service.ts';

/** Our image has Node and no other HTTP client. */
export const httpHealth = (url: string): Health => ({
  test: ['CMD', 'node', '-e', `fetch('${url}').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`],
  intervalSeconds: 10,
  timeoutSeconds: 5,
  retries: 3,
  startSeconds: 90,
});
