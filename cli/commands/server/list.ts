import { defineCommand } from '../../command.ts';
import { table } from '../../output/table.ts';
import { baseDirOption } from './stack-options.ts';

export const command = defineCommand({
  options: { baseDir: baseDirOption },
  async run({ options, output }) {
    const [{ listStacks }, { resolveBaseDir }, { runtimeFor }, { statusTones }, { baseDirCommand }] = await Promise.all(
      [
        import('../../../stack/lifecycle/list.ts'),
        import('../../../stack/base-dir.ts'),
        import('../../runtime.ts'),
        import('./status-view.ts'),
        import('../../../stack/server-command.ts'),
      ],
    );
    const baseDir = resolveBaseDir(options.baseDir);
    const stacks = await listStacks(baseDir, runtimeFor);
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
        `No stacks in ${baseDir}. Make one with: ${baseDirCommand(baseDir, 'server init')} --tenant <name>`,
      ),
    );
    for (const { problem } of stacks) if (problem?.suggestion !== undefined) output.hint(problem.suggestion);
  },
});
