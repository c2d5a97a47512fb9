import type { Protection } from '../../../contracts/environment-protection.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { table } from '../../output/table.ts';
import { deployedText } from '../../watch/content-text.ts';

/** In a word or two; `environment get` says it all. */
function protectedBy({ requiredApprovals = 0, allowedBranches, deployers }: Protection): string {
  return [
    ...(requiredApprovals > 0 ? [requiredApprovals === 1 ? '1 approval' : `${requiredApprovals} approvals`] : []),
    ...(allowedBranches === undefined ? [] : ['branches']),
    ...(deployers === undefined ? [] : ['deployers']),
  ].join(', ');
}

export const command = defineCommand({
  options: {
    project: {
      type: 'string',
      value: 'slug',
      completes: 'project',
      short: 'p',
      required: true,
      summary: 'Project, by slug or id',
    },
    ...pageOptions,
  },
  async run(context) {
    const { project, limit } = context.options;
    const { api } = await connect(context);
    const environments = await listPages((page) => api.environments.list(project, page), limit);
    context.output.result(
      environments,
      table(
        [
          { title: 'slug', value: (environment) => environment.slug },
          { title: 'category', value: (environment) => environment.category },
          { title: 'branch', value: ({ branchPattern }) => branchPattern ?? '' },
          { title: 'protected', value: ({ protection }) => protectedBy(protection) },
          { title: 'has', value: ({ deployed }) => (deployed == null ? '' : deployedText(deployed)) },
          { title: 'since', value: ({ deployed }) => deployed?.finishedAt?.slice(0, 16).replace('T', ' ') ?? '' },
          { title: 'locked by', value: ({ lock }) => (lock == null ? '' : (lock.email ?? 'somebody')) },
          { title: 'id', value: (environment) => environment.id },
        ],
        environments,
        `No environments. Add one with: sfp environment create dev --project ${project}`,
      ),
    );
  },
});
