import { buildStatuses } from '../../../contracts/build.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { table } from '../../output/table.ts';
import { byteSize } from './byte-size.ts';
import { buildTone } from './status-tone.ts';

export const command = defineCommand({
  description: 'Newest first: those that were asked for, and those that deployments made on their way.',
  options: {
    project: { type: 'string', value: 'slug', completes: 'project', short: 'p', summary: 'Only of this project' },
    status: { type: 'string', value: 'status', choices: buildStatuses, summary: 'Only in this status' },
    ref: { type: 'string', value: 'ref', summary: 'Only of this branch, tag or commit, as it was asked for' },
    commit: { type: 'string', value: 'sha', summary: 'Only of commits that begin so' },
    text: { type: 'string', value: 'text', summary: 'Only of refs that contain this' },
    ...pageOptions,
  },
  examples: ['sfp build list -p site --status succeeded'],
  async run(context) {
    const { limit, ...filter } = context.options;
    const { api } = await connect(context);
    const builds = await listPages((page) => api.builds.list({ ...filter, ...page }), limit);
    const projects = new Map((await listPages((page) => api.projects.list(page), 1_000)).map((p) => [p.id, p.slug]));
    context.output.result(
      builds,
      table(
        [
          { title: 'project', value: ({ projectId }) => projects.get(projectId) ?? projectId },
          { title: 'number', value: ({ number }) => String(number) },
          { title: 'status', value: ({ status }) => status, tone: ({ status }) => buildTone[status] },
          { title: 'ref', value: ({ ref }) => ref },
          { title: 'commit', value: ({ commitSha }) => commitSha?.slice(0, 8) ?? '' },
          { title: 'subject', value: ({ metadata }) => metadata.commit?.subject ?? '' },
          { title: 'keeps', value: ({ status, sizeBytes }) => (status === 'succeeded' ? byteSize(sizeBytes) : '') },
          { title: 'created', value: ({ createdAt }) => createdAt.slice(0, 19).replace('T', ' ') },
          { title: 'id', value: ({ id }) => id },
        ],
        builds,
        'No builds fit. Make one with: sfp build --project <slug>',
      ),
    );
  },
});
