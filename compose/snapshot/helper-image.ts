import { join } from 'node:path';
import { SfpError } from '../../contracts/error.ts';
import { restorePlace } from '../../stack/backup/restore-place.ts';
import type { StackLayout } from '../../stack/layout.ts';
import { serverCommand } from '../../stack/server-command.ts';
import { readServerSettings } from '../../stack/server-settings.ts';
import { engine } from '../engine/docker-engine.ts';
import { installedServices } from '../installed-services.ts';
import { isGone } from '../stack-containers.ts';

const repository = 'sfp/platform';

/**
 * A platform image that is on the engine already, of whatever version: a copy of volumes needs bash, tar and gzip only.
 * The one that is installed, the one that the settings name, else any of ours.
 */
export async function helperImage(layout: StackLayout): Promise<string> {
  const ours = await engine((client) => client.listImages({ filters: { reference: [repository] } }));
  const newest = ours.toSorted((one, other) => other.Created - one.Created).map(({ Id }) => Id);
  for (const image of [...installed(layout), ...named(layout), ...newest]) if (await isThere(image)) return image;
  throw new SfpError({
    code: 'platform_image_missing',
    message: 'The platform image, which copies the volumes, is not on the container engine.',
    suggestion: `Get it with \`${serverCommand(layout, 'start')}\`, or load a bundle with \`sfp server images load\`.`,
  });
}

function installed(layout: StackLayout): string[] {
  try {
    return (installedServices(layout) ?? []).flatMap(({ name, image }) =>
      name === 'supabase-migrations' ? image : [],
    );
  } catch (error) {
    if (error instanceof SfpError) return []; // damaged: a reason to restore, not to refuse
    throw error;
  }
}

/** By the settings in use, or by those that a restore brings. */
function named(layout: StackLayout): string[] {
  const incoming = { ...layout, serverFile: join(restorePlace(layout).incomingDir, 'server.json') };
  return [incoming, layout].flatMap((at) => {
    try {
      return readServerSettings(at)?.images?.platform ?? [];
    } catch (error) {
      if (error instanceof SfpError) return []; // damaged: whoever needs the settings tells
      throw error;
    }
  });
}

async function isThere(image: string): Promise<boolean> {
  try {
    await engine((client) => client.getImage(image).inspect());
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}
