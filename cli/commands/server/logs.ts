import type { LogLine } from '../../../stack/runtime.ts';
import { defineCommand } from '../../command.ts';
import { sinceTime } from '../../input/since.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  description:
    'The last lines of each service, then with --follow what comes. --json=stream prints a line {type: "log", timestamp, service, line} for each.',
  options: {
    ...stackOptions,
    service: {
      type: 'list',
      value: 'name',
      completes: 'service',
      short: 's',
      summary: 'Only this service; may be given several times',
    },
    follow: { type: 'flag', short: 'f', summary: 'Go on with what is written from now on' },
    tail: {
      type: 'integer',
      value: 'lines',
      min: 0,
      max: 100_000,
      default: 100,
      summary: 'Last lines of each service (default 100)',
    },
    since: {
      type: 'string',
      value: 'when',
      summary: 'Nothing older: so long ago (10m, 2h) or a time (2026-01-31T02:00:00Z)',
    },
    raw: { type: 'flag', summary: 'Lines as they are in the files' },
  },
  examples: [
    'sfp server logs -t acme -f',
    'sfp server logs -t acme -s api -s worker-standard --since 10m',
    'sfp server logs -t acme -f --json=stream',
  ],
  async run({ options, output, signal }) {
    const since = options.since === undefined ? undefined : sinceTime(options.since, new Date());
    const [{ openStack }, { resolveBaseDir }, { runtimeFor }, { readableLine }] = await Promise.all([
      import('../../../stack/stack.ts'),
      import('../../../stack/base-dir.ts'),
      import('../../runtime.ts'),
      import('./log-line.ts'),
    ]);
    const stack = openStack(resolveBaseDir(options.baseDir), options.tenant);
    const { service: services, tail, follow } = options;
    const entries: LogLine[] = [];
    const query = { services, tail, follow, signal, ...(since === undefined ? {} : { since }) };
    for await (const entry of runtimeFor(stack).logs(stack, query)) {
      if (output.mode === 'json') entries.push(entry);
      else {
        const text = options.raw ? entry.line : readableLine(entry.line);
        output.event('log', { ...entry }, services.length === 1 ? text : `${entry.service.padEnd(15)} ${text}`);
      }
    }
    if (output.mode === 'json') output.result({ tenant: options.tenant, entries });
  },
});
