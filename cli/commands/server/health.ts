import { defineCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { durationMs } from '../../input/duration.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  description:
    'Asks every service through the supervisor and every part through the API, now. For scripts and load balancers; `server status` shows more.\nExit code: 0 when all of it works, 5 when not, with each thing that does not, why, and the next command.',
  options: {
    ...stackOptions,
    wait: { type: 'string', value: 'duration', summary: 'Ask again until it is healthy, at most so long: 30s, 5m' },
  },
  examples: [
    'sfp server health --tenant acme --quiet',
    'sfp server health -t acme --wait 60s',
    'sfp server health -t acme --json',
  ],
  async run({ options, output, signal }) {
    const waitMs = options.wait === undefined ? 0 : durationMs(options.wait, '--wait');
    const [{ stackHealth }, { resolveBaseDir }, { runtimeFor }, { healthView }] = await Promise.all([
      import('../../../stack/lifecycle/health.ts'),
      import('../../../stack/base-dir.ts'),
      import('../../runtime.ts'),
      import('./health-view.ts'),
    ]);
    const health = await stackHealth({
      baseDir: resolveBaseDir(options.baseDir),
      tenant: options.tenant,
      runtimeFor,
      waitMs,
      signal,
      report: (message) => output.info(message),
    });
    output.result(health, healthView(health));
    for (const next of new Set(health.failing.map((part) => part.next))) output.hint(next);
    return health.status === 'healthy' ? exitCodes.ok : exitCodes.unhealthy;
  },
});
