import { SfpError } from '../contracts/error.ts';
import { type StackLayout, stackId } from '../stack/layout.ts';
import { engine } from './engine/docker-engine.ts';
import { projectName } from './project.ts';
import { ownerOf, projectFilter } from './stack-containers.ts';

/** What of a project there is in the engine and is not of this stack: another directory has a stack of the same name. */
async function strangers(layout: StackLayout): Promise<{ id: string; directory: string | undefined }[]> {
  const filters = { label: projectFilter(layout) };
  const [containers, { Volumes: volumes }, networks] = await engine((client) =>
    Promise.all([
      client.listContainers({ all: true, filters }),
      client.listVolumes({ filters: { label: [...filters.label] } }),
      client.listNetworks({ filters }),
    ]),
  );
  const own = stackId(layout.dir);
  return [...containers, ...(volumes ?? []), ...networks].flatMap(({ Labels }) => {
    const id = ownerOf(Labels);
    return id === null || id === own ? [] : [{ id, directory: Labels?.['com.docker.compose.project.working_dir'] }];
  });
}

export const isShared = async (layout: StackLayout): Promise<boolean> => (await strangers(layout)).length > 0;

/** @throws SfpError `tenant_name_taken` when a stack of another directory has this project's containers or volumes. */
export async function assertOwnProject(layout: StackLayout): Promise<void> {
  const found = await strangers(layout);
  if (found.length === 0) return;
  const directory = found.find((other) => other.directory !== undefined)?.directory;
  throw new SfpError({
    code: 'tenant_name_taken',
    message: `Another stack on this container engine is called "${layout.tenant}".`,
    detail: `The project ${projectName(layout.tenant)} belongs to ${directory ?? 'another directory'}, not to ${layout.dir}.`,
    suggestion:
      'Choose another tenant name. If that is this stack and its directory was moved, move it back; if it is not needed any more, run `sfp server destroy` with its --base-dir.',
  });
}
