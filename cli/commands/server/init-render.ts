import { resolveBaseDir } from '../../../stack/base-dir.ts';
import { renderStack } from '../../../stack/lifecycle/render.ts';
import { publicUrl, type ServerSettings } from '../../../stack/server-settings.ts';
import type { CommandServices } from '../../command.ts';
import { renderComposeStack } from '../../runtime.ts';
import { UsageError } from '../../usage-error.ts';
import { lifecycleProgress } from './lifecycle-progress.ts';
import { chosenProvider } from './secrets-options.ts';

interface RenderChoice {
  tenant: string;
  mode: ServerSettings['mode'];
  runtime: ServerSettings['runtime'] | undefined;
  baseDir: string | undefined;
  domain: string | undefined;
  port: number | undefined;
  signup: ServerSettings['signup'] | undefined;
  secretsCommand: string | undefined;
  secretsFile: string | undefined;
  secretsEnv: boolean;
}

/** `sfp server init --render-only`: the files of a stack of containers, for review or for another orchestrator. */
export async function renderOnly(options: RenderChoice, output: CommandServices['output']): Promise<void> {
  if (options.mode !== 'prod' || options.runtime === 'embedded') {
    throw new UsageError('Only a stack of containers has files to render.', 'Add --mode prod.');
  }
  const { stack, files } = await renderStack({
    baseDir: resolveBaseDir(options.baseDir),
    tenant: options.tenant,
    mode: 'prod',
    runtime: { name: 'compose' },
    domain: options.domain,
    gatewayPort: options.port,
    ...(options.signup === undefined ? {} : { signup: options.signup }),
    secrets: await chosenProvider(options),
    write: renderComposeStack,
    progress: lifecycleProgress(output),
  });
  const { layout, settings } = stack;
  output.result(
    { tenant: settings.tenant, dir: layout.dir, url: publicUrl(settings), files },
    `Rendered stack ${settings.tenant} in ${layout.dir}; nothing was started.\n`,
  );
  output.hint(
    `Look at ${files[0] ?? layout.dir}. Files below env/, kong.yml and secrets.json hold secrets: readable by you only.`,
  );
}
