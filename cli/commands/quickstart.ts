import { join } from 'node:path';
import { defineCommand } from '../command.ts';
import type { Output } from '../output/output.ts';
import { baseDirOption } from './server/stack-options.ts';

const example = 'hello-site';

export const command = defineCommand({
  description:
    'Makes a stack, a git repository with a small site, a project and an environment, deploys it and shows every step live. Run it again at any time: what is there is used.\nExit code: 0 when the site was deployed.',
  options: {
    tenant: {
      type: 'string',
      value: 'name',
      completes: 'tenant',
      short: 't',
      default: 'demo',
      summary: 'Name of the stack (default demo)',
    },
    baseDir: baseDirOption,
    plain: { type: 'flag', summary: 'Lines instead of the live view' },
  },
  async run(context) {
    const { options, output, signal } = context;
    const { tenant } = options;
    const [stacks, { readyStack }, { exampleRepository }, { readyProject }, { connect }, { deployAndWatch }] =
      await Promise.all([
        import('../../stack/base-dir.ts'),
        import('./quickstart/ready-stack.ts'),
        import('./quickstart/example-repository.ts'),
        import('./quickstart/ready-project.ts'),
        import('../context/connect.ts'),
        import('../watch/deploy-and-watch.ts'),
      ]);
    const stack = await readyStack(context, stacks.resolveBaseDir(options.baseDir), tenant);
    const { projectsDir } = stack.layout;

    const { repository, connection, project, environment } = await shownAs(output, 'Make a project', async () => {
      const directory = await exampleRepository(example, join(projectsDir, example));
      const server = await connect({ ...context, contextName: tenant });
      const wish = { slug: 'demo', name: 'Demo', variables: { SITE_DIR: join(projectsDir, 'site') } };
      const ready = { slug: example, name: 'Hello site', repositoryUrl: directory, environment: wish };
      return { repository: directory, connection: server, ...(await readyProject(server, ready)) };
    });

    const { outcome, exitCode, deployment } = await deployAndWatch({
      connection,
      output: withoutResult(output),
      signal,
      project: project.id,
      environment: environment.id,
      plain: options.plain,
    });
    const resultUrl = deployment?.metadata.resultUrl ?? null;
    const summary = { outcome, tenant, url: connection.url, project: project.slug, repository, resultUrl, deployment };
    output.result(
      summary,
      outcome === 'succeeded' ? `The site: ${resultUrl ?? projectsDir}\nThe stack: ${connection.url}\n` : '',
    );
    output.hint(
      [
        `Change something in ${repository}, commit it, and deploy it: sfp deploy --project ${project.slug} --environment ${environment.slug}`,
        `The stack goes on running. Stop it with: sfp server stop --tenant ${tenant}`,
        `Remove it with: sfp server destroy --tenant ${tenant}`,
      ].join('\n'),
    );
    return exitCode;
  },
});

async function shownAs<Value>(output: Output, title: string, work: () => Promise<Value>): Promise<Value> {
  output.step(title, 'running');
  try {
    const value = await work();
    output.step(title, 'done');
    return value;
  } catch (error) {
    output.step(title, 'failed');
    throw error;
  }
}

/** A command has one result; for people the deployment's own summary is shown as well. */
const withoutResult = (output: Output): Output => ({
  ...output,
  result: (data, view) => {
    if (output.mode === 'text') output.result(data, view);
    if (output.mode === 'stream') output.event('deployment', { data });
  },
});
