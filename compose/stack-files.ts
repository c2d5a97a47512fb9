import type { Stack } from '../stack/stack.ts';
import { envFileName, renderComposeFile } from './compose-file.ts';
import { serviceContext } from './context.ts';
import type { EngineFeatures } from './engine/engine-features.ts';
import { renderEnvFile } from './env-file.ts';
import { caddyfile } from './gateway/caddyfile.ts';
import { kongConfig } from './gateway/kong-config.ts';
import { imageReferences, type StackDigests } from './images.ts';
import { servicesOf } from './service-table.ts';
import { renderYaml } from './yaml.ts';

export interface StackFile {
  /** Below the stack's directory. */
  path: string;
  content: string;
  mode: number;
}

interface RenderInput {
  /** 64 hexadecimal digits. */
  vaultRootKey: string;
  platformVersion: string;
  digests: StackDigests;
  features: EngineFeatures;
}

const open = 0o644;
const ownerOnly = 0o600;

/**
 * Every rendered file of a stack of containers. No file is mounted into a container: what a container needs is in its
 * environment, so that an engine on another machine gets it too, and a change of it makes a new container. kong.yml and
 * Caddyfile are the same text again, for people and for other orchestrators.
 */
export function renderStackFiles(stack: Stack, input: RenderInput): StackFile[] {
  const { vaultRootKey, platformVersion, digests, features } = input;
  const context = serviceContext(stack, vaultRootKey);
  const { domain, images } = stack.settings;
  const files: StackFile[] = [
    {
      path: 'compose.yaml',
      content: renderComposeFile(context, imageReferences(platformVersion, images, digests), stack.layout, features),
      mode: open,
    },
    {
      path: 'kong.yml',
      content: renderYaml(kongConfig(context)),
      mode: ownerOnly,
    },
  ];
  if (domain !== undefined) files.push({ path: 'Caddyfile', content: caddyfile(domain), mode: open });
  for (const service of servicesOf(context)) {
    const variables = service.secrets?.(context) ?? {};
    if (Object.keys(variables).length === 0) continue;
    files.push({ path: envFileName(service), content: renderEnvFile(variables), mode: ownerOnly });
  }
  return files;
}
