import type { Health } from '../service.ts';

/**
 * Whether a server in the container answers 200, asked by bash alone: our image has no other small HTTP client, and a Node
 * process for it took 100 ms of a core each time.
 */
export const askHttp = (port: number, path: string): string =>
  `exec 3<>/dev/tcp/127.0.0.1/${port}; printf "GET ${path} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n" >&3; head -n 1 <&3 | grep -q " 200 "`;

export const httpHealth = (port: number, path: string): Health => ({
  test: ['CMD', 'bash', '-c', askHttp(port, path)],
  intervalSeconds: 3,
  timeoutSeconds: 5,
  retries: 6,
  startSeconds: 90,
});
