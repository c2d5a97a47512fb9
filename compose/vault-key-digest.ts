import type { StackLayout } from '../stack/layout.ts';
import { runHelper } from './engine/helper-container.ts';
import { helperImage } from './snapshot/helper-image.ts';

/** Of the key on the volume that the database reads. Its digits never leave the container. */
export async function vaultKeyDigest(layout: StackLayout): Promise<string> {
  const printed = await runHelper({
    layout,
    purpose: 'vault-key',
    image: await helperImage(layout),
    volumes: { 'db-config': { target: '/config', readOnly: true } },
    user: '0:0',
    entrypoint: 'bash',
    command: ['-euo', 'pipefail', '-c', "tr -d '[:space:]' < /config/pgsodium_root.key | sha256sum"],
    // The file is readable by the database's user alone.
    capabilities: ['DAC_OVERRIDE'],
    failure: "The Vault's root key could not be read from the volume.",
  });
  return printed.slice(0, 64);
}
