import { docker } from './docker.ts';

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

export interface Resources {
  containers: string[];
  networks: string[];
  volumes: string[];
}

/** Everything of one stack that the engine holds, by its label and by its name. */
export async function resourcesOf(tenant: string, env: Readonly<Record<string, string>>): Promise<Resources> {
  const named = `name=^/?sfp-${tenant}[-_]`;
  const labelled = `label=sfp.tenant=${tenant}`;
  const list = async (args: readonly string[], format: string): Promise<string[]> => {
    const found = await Promise.all(
      [named, labelled].map((filter) => docker([...args, '--filter', filter, '--format', format], { env })),
    );
    return [...new Set(found.flatMap(lines))].sort();
  };
  return {
    containers: await list(['container', 'ls', '--all'], '{{.Names}}'),
    networks: await list(['network', 'ls'], '{{.Name}}'),
    volumes: await list(['volume', 'ls'], '{{.Name}}'),
  };
}

/** Names of all volumes that the stack's containers have mounted, those without a name of ours too. */
export async function mountedVolumes(tenant: string, env: Readonly<Record<string, string>>): Promise<string[]> {
  const { containers } = await resourcesOf(tenant, env);
  const format = '{{range .Mounts}}{{if eq .Type "volume"}}{{println .Name}}{{end}}{{end}}';
  return [...new Set(lines(await docker(['container', 'inspect', '--format', format, ...containers], { env })))];
}

/** For the end of a test, whatever it has come to: the product's own way was tried before. */
export async function removeResources(tenant: string, env: Readonly<Record<string, string>>): Promise<void> {
  const { containers, networks, volumes } = await resourcesOf(tenant, env);
  if (containers.length > 0) await docker(['container', 'rm', '--force', '--volumes', ...containers], { env });
  if (networks.length > 0) await docker(['network', 'rm', ...networks], { env });
  if (volumes.length > 0) await docker(['volume', 'rm', '--force', ...volumes], { env });
}
