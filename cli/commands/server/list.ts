import { defineCommand } from '../../command.ts';
import { table } from '../../output/table.ts';
import { baseDirOption } from './stack-options.ts';

export const command = defineCommand({
  options: { baseDir: baseDirOption },
  async run({ options, output }) {
    const [{ listStacks }, { resolveBaseDir }, { runtimeFor }, { statusTones }] = await Promise.all([
      import('../../../stack/lifecycle/list.ts'),
      import('../../../stack/base-dir.ts'),
      import('../../runtime.ts'),
      import('./status-view.ts'),
    ]);
    const stacks = await listStacks(resolveBaseDir(options.baseDir), runtimeFor);
    output.result(
      stacks,
      table(
        [
          { title: 'tenant', value: ({ tenant }) => tenant },
          { title: 'status', value: ({ status }) => status, tone: ({ status }) => statusTones[status] },
          { title: 'runtime', value: ({ runtime }) => runtime ?? '' },
          { title: 'url', value: ({ url }) => url ?? '' },
          { title: 'problem', value: ({ problem }) => problem?.message ?? '' },
        ],
        stacks,
        'No stacks. Make one with: sfp server init --tenant <name>',
      ),
    );
  },
});
