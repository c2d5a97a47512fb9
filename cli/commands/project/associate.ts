import type { PlatformAssociation } from '../../../contracts/platform-association.ts';
import { platformHostNames, platformHosts } from '../../../contracts/platform-association.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import type { Connection } from '../../context/connection.ts';
import { listPages } from '../../context/list-pages.ts';
import { UsageError } from '../../usage-error.ts';

export const command = defineCommand({
  description:
    'Nothing is asked of that platform. Named again, the same repository gets the credential, the branch or the status that is named; the rest stays.',
  args: {
    project: { completes: 'project', summary: 'Slug or id' },
    repository: { summary: 'owner/repository, or organisation/project/repository' },
  },
  options: {
    host: {
      type: 'string',
      value: 'platform',
      choices: platformHostNames,
      default: 'github',
      summary: 'Which platform',
    },
    hostUrl: { type: 'string', value: 'url', summary: 'Where it is, when not github.com or dev.azure.com' },
    integration: {
      type: 'string',
      value: 'name',
      completes: 'integration',
      summary: 'The credential, an integration of the project or its account',
    },
    branch: { type: 'string', value: 'branch', summary: 'Its default branch' },
    disable: { type: 'flag', summary: 'Keep it and use it for nothing' },
    enable: { type: 'flag', summary: 'Use it again' },
  },
  examples: ['sfp project associate site acme/site --integration github --branch main'],
  async run(context) {
    const { args, options, output } = context;
    const { host, hostUrl = platformHosts[host].url, integration, branch, disable, enable } = options;
    if (disable && enable) throw new UsageError('--disable and --enable contradict each other.', 'Name one of them.');
    const connection = await connect(context);
    const { associations } = connection.api;
    const integrationId =
      integration === undefined ? undefined : await integrationIdOf(connection, args.project, integration);
    const said = {
      ...(integrationId === undefined ? {} : { integrationId }),
      ...(branch === undefined ? {} : { defaultBranch: branch }),
    };
    const all = await listPages((page) => associations.list(args.project, page), 1_000);
    const same = (one: PlatformAssociation): boolean => one.hostUrl === hostUrl && one.repository === args.repository;
    let association =
      all.find(same) ??
      (await associations.create(args.project, { host, hostUrl, repository: args.repository, ...said }));
    const status: PlatformAssociation['status'] | undefined = disable ? 'disabled' : enable ? 'active' : undefined;
    const change = { ...(all.some(same) ? said : {}), ...(status === undefined ? {} : { status }) };
    if (Object.keys(change).length > 0) association = await associations.update(association.id, change, association);
    output.result(association, `${association.repository}  ${association.status}  ${association.id}\n`);
    if (association.integrationId === null) output.hint('It has no credential yet: --integration <name>');
  },
});

/** By id, or by name: the project's integration before the account's. */
async function integrationIdOf({ api }: Connection, project: string, nameOrId: string): Promise<string> {
  if (uuidSchema.safeParse(nameOrId).success) return nameOrId;
  const { id, accountId } = await api.projects.get(project);
  const { items } = await api.integrations.list({ accountId, name: nameOrId, limit: 200 });
  const found =
    items.find(({ scope, projectId }) => scope === 'project' && projectId === id) ??
    items.find(({ scope }) => scope === 'account');
  if (found !== undefined) return found.id;
  throw new UsageError(
    `Neither the project nor its account has an integration ${nameOrId}.`,
    `See which there are: sfp integration list --project ${project}`,
  );
}
