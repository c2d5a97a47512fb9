import { caddyfile } from '../gateway/caddyfile.ts';
import type { ComposeService } from '../service.ts';

/** TLS and the maintenance page; the one thing that faces outside, and only where there is a domain. */
export const edge: ComposeService = {
  name: 'edge',
  image: 'edge',
  kind: 'service',
  included: ({ settings }) => settings.domain !== undefined,
  entrypoint: ['sh', '-euc'],
  command: [
    'printf %s "$CADDYFILE" > /run/sfp/Caddyfile; exec caddy run --adapter caddyfile --config /run/sfp/Caddyfile',
  ],
  environment: ({ settings }) => ({ CADDYFILE: caddyfile(settings.domain ?? '') }),
  networks: { services: {} },
  mounts: () => [
    { volume: 'edge-data', target: '/data' },
    { volume: 'edge-config', target: '/config' },
  ],
  tmpfs: ['/tmp', '/run/sfp'],
  ports: () => ['80:80', '443:443', '443:443/udp'],
  needs: { kong: 'service_healthy' },
  health: {
    test: ['CMD', 'wget', '-q', '--spider', 'http://127.0.0.1:2015/'],
    intervalSeconds: 3,
    timeoutSeconds: 5,
    retries: 6,
    startSeconds: 15,
  },
  stopSeconds: () => 15,
  limits: { memoryMegabytes: 256, cpus: 1, pids: 64 },
  exceptions: {
    root: 'its certificates lie on volumes that belong to root; it has no capability but the one below',
    capabilities: {
      names: ['NET_BIND_SERVICE'],
      why: 'the program carries this capability in its file and is not executed without it',
    },
    publicPorts: 'it is the public entrance',
  },
};
