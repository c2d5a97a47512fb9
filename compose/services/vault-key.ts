import type { ComposeService } from '../service.ts';

/**
 * Puts the Vault's root key onto the volume before the database's first boot, which would otherwise make one of its own
 * that no backup has. A key that is there already and differs is refused: it opens what is stored, ours would not.
 */
export const vaultKey: ComposeService = {
  name: 'vault-key',
  image: 'db',
  kind: 'job',
  user: '0:0',
  entrypoint: ['bash', '-euc'],
  command: [
    `key=/etc/postgresql-custom/pgsodium_root.key
if [ -s "$key" ]; then
  [ "$(cat "$key")" = "$VAULT_ROOT_KEY" ] && exit 0
  echo "The volume holds another Vault root key than this stack's data/vault.key." >&2
  exit 1
fi
umask 077
printf %s "$VAULT_ROOT_KEY" > "$key.new"
chown postgres:postgres "$key.new"
mv "$key.new" "$key"
`,
  ],
  environment: () => ({}),
  secrets: ({ vaultRootKey }) => ({ VAULT_ROOT_KEY: vaultRootKey }),
  networks: {},
  mounts: () => [{ volume: 'db-config', target: '/etc/postgresql-custom' }],
  needs: {},
  limits: { memoryMegabytes: 64, cpus: 0.5, pids: 32 },
  exceptions: {
    root: 'gives the file to the image’s postgres user, whose number differs between images',
    capabilities: {
      names: ['CHOWN', 'DAC_OVERRIDE'],
      why: 'the directory belongs to postgres, the file is handed over to it',
    },
  },
};
