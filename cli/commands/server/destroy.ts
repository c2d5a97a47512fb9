import { SfpError } from '../../../contracts/error.ts';
import { defineCommand } from '../../command.ts';
import { lifecycleProgress } from './lifecycle-progress.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  description:
    'Ends the stack and removes all its data, keys, logs and the backups in its own directory. There is no way back.',
  options: { ...stackOptions, yes: { type: 'flag', short: 'y', summary: 'Do not ask' } },
  async run({ options, output, input, contexts }) {
    const { tenant } = options;
    const [{ destroyStack }, { resolveBaseDir }, { stackRuntime }, { stackLayout }, { domainOf }] = await Promise.all([
      import('../../../stack/lifecycle/destroy.ts'),
      import('../../../stack/base-dir.ts'),
      import('../../runtime.ts'),
      import('../../../stack/layout.ts'),
      import('./domain-of.ts'),
    ]);
    const baseDir = resolveBaseDir(options.baseDir);
    const layout = stackLayout(baseDir, tenant);
    const { dir } = layout;
    const domain = domainOf(layout);
    if (!options.yes && !(await input.confirm(`Destroy stack ${tenant} and all its data in ${dir}?`, '--yes'))) {
      throw new SfpError({ code: 'cancelled', message: 'Nothing was removed.' });
    }
    await destroyStack({
      baseDir,
      tenant,
      runtimeNamed: stackRuntime,
      progress: lifecycleProgress(output),
    });
    const urls = ['127.0.0.1', ...(domain === undefined ? [] : [domain])];
    const saved = (await contexts.read()).contexts.find(({ name }) => name === tenant);
    // Init saved it under the tenant's name; a login to a server elsewhere may have the same name and stays.
    if (saved !== undefined && urls.includes(new URL(saved.url).hostname)) await contexts.remove(tenant);
    output.result({ tenant, status: 'destroyed', dir }, `Stack ${tenant} is gone.\n`);
  },
});
