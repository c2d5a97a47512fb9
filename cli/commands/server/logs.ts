import { defineCommand } from '../../command.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  options: {
    ...stackOptions,
    service: { type: 'list', value: 'name', short: 's', summary: 'Only this service; may be given several times' },
    follow: { type: 'flag', short: 'f', summary: 'Go on with what is written from now on' },
    tail: {
      type: 'integer',
      value: 'lines',
      min: 0,
      max: 100_000,
      default: 100,
      summary: 'Last lines of each service (default 100)',
    },
    raw: { type: 'flag', summary: 'Lines as they are in the files' },
  },
  examples: ['sfp server logs -t acme -f', 'sfp server logs -t acme -s api -s worker-standard --tail 20'],
  async run({ options, output, signal }) {
    const [{ openStack }, { resolveBaseDir }, { runtimeFor }, { readableLine }] = await Promise.all([
      import('../../../stack/stack.ts'),
      import('../../../stack/base-dir.ts'),
      import('../../runtime.ts'),
      import('./log-line.ts'),
    ]);
    const stack = openStack(resolveBaseDir(options.baseDir), options.tenant);
    const { service: services, tail, follow } = options;
    const entries: { service: string; line: string }[] = [];
    for await (const entry of runtimeFor(stack).logs(stack, { services, tail, follow, signal })) {
      if (output.mode === 'json') entries.push(entry);
      else {
        const text = options.raw ? entry.line : readableLine(entry.line);
        output.event('log', { ...entry }, services.length === 1 ? text : `${entry.service.padEnd(15)} ${text}`);
      }
    }
    if (output.mode === 'json') output.result({ tenant: options.tenant, entries });
  },
});
