/**
 * What helper containers run on volumes, as `bash -euc <script> sfp <directory>…` (GNU tar, coreutils). An exchange is by
 * renames within each volume, and every step finds where a killed one stopped:
 *
 * | in the volume | means |
 * |---|---|
 * | `.sfp-incoming` | comes out of a backup |
 * | `.sfp-replaced` without `.sfp-aside` | what was there before goes aside, or comes back: the rest of it is still, or again, in place |
 * | `.sfp-replaced` with `.sfp-aside` | all of it is aside; what is in place came out of a backup |
 * | `.sfp-placing` | what `.sfp-incoming` does not have any more is in place |
 */
const tools = `shopt -s dotglob nullglob
each() { for entry in *; do case "$entry" in .sfp-*) ;; *) "$@" "$entry" ;; esac; done; }
aside() { mv -- "$1" .sfp-replaced/; }
remove() { rm -rf -- "$1"; }
moveOut() { for entry in "$1"/*; do mv -- "$entry" .; done; }
durable() { sync -f .; }
like() { chown --reference="$1" "$2"; chmod --reference="$1" "$2"; }
`;

const inEach = (script: string): string => `${tools}for volume do
cd "$volume"
${script}done
`;

/** Prints the volumes that hold what an exchange put aside, and at last the bytes that are free. */
export const prepareScript = `${inEach(`[ ! -e .sfp-replaced ] || echo "$volume"
rm -rf .sfp-incoming
rm -f .sfp-placing
mkdir -m 0700 .sfp-incoming
`)}df --output=avail --block-size=1 . | tail -n 1
`;

const extract = 'tar --extract --gzip --numeric-owner --same-owner --preserve-permissions --overwrite';

/** An archive of one volume on stdin, unpacked over what came before, durable at the end. */
export const unpackScript = inEach(`${extract} --directory=.sfp-incoming
durable
`);

/** An archive of several, each below its name. */
export const unpackSeveralScript = `${extract} --directory="$(dirname "$1")" --transform='flags=r;s,^\\([^/]*\\),\\1/.sfp-incoming,'
${inEach('durable\n')}`;

export const placeScript = inEach(`[ -d .sfp-incoming ] || continue
if [ ! -e .sfp-aside ]; then
  mkdir -p -m 0700 .sfp-replaced
  like . .sfp-replaced
  each aside
  durable
  : > .sfp-aside
  durable
fi
if [ ! -e .sfp-placing ]; then
  each remove
  durable
  : > .sfp-placing
  durable
fi
moveOut .sfp-incoming
like .sfp-incoming .
durable
rmdir .sfp-incoming
rm .sfp-placing
`);

export const putBackScript = inEach(`[ -d .sfp-replaced ] || continue
if [ -e .sfp-aside ]; then
  each remove
  like .sfp-replaced .
  durable
  rm .sfp-aside
  durable
fi
rm -f .sfp-placing
moveOut .sfp-replaced
durable
rmdir .sfp-replaced
`);

const tidy = (names: string): string =>
  inEach(`rm -rf ${names}
[ -n "$(ls -A)" ] || echo "$volume"
`);
/** Both print the volumes in which nothing at all is left. */
export const tidyScript = tidy('.sfp-incoming .sfp-placing .sfp-replaced .sfp-aside');
export const tidyIncomingScript = tidy('.sfp-incoming .sfp-placing');

const pack = (excludes: readonly string[], what: string): string => `set -o pipefail
${tar([...excludes, what])} | gzip -1
`;

/**
 * tar ends with 1 when a file changed or vanished while it was read, which is what a running server's files do and its
 * WAL mends; with 2 when a file could not be read.
 */
const tar = (options: readonly string[]): string =>
  `(tar --create --numeric-owner --warning=no-file-changed --warning=no-file-removed --warning=no-file-shrank ${options.join(' ')} || [ $? -eq 1 ])`;

/** Whole volumes, each below its name. The Vault root key is in the snapshot once, as a file of its own. */
export const packSeveralScript = pack(
  ['--directory="$(dirname "$1")"', "--anchored --exclude='*/.sfp-*' --exclude='db-config/pgsodium_root.key*'"],
  `"\${@##*/}"`,
);

/** What Postgres' own base backup leaves out: of the running server only, rebuilt at its start, or copied afterwards. */
export const packClusterScript = pack(
  [
    '--directory="$1"',
    '--anchored',
    ...[
      '.sfp-*',
      'postmaster.pid',
      'postmaster.opts',
      'current_logfiles*',
      'backup_label*',
      'tablespace_map*',
      'backup_manifest*',
      'postgresql.auto.conf.tmp',
      'global/pg_control',
      'pg_wal/*',
      'pg_replslot/*',
      'pg_dynshmem/*',
      'pg_notify/*',
      'pg_serial/*',
      'pg_snapshots/*',
      'pg_stat_tmp/*',
      'pg_subtrans/*',
    ].map((path) => `--exclude='./${path}'`),
    '--no-anchored',
    "--exclude='pgsql_tmp*'",
    "--exclude='pg_internal.init*'",
  ],
  '.',
);

/**
 * The WAL segments that are named as arguments; backup_label, which comes on stdin; and pg_control, read until two
 * readings are the same, because the server may be writing it.
 */
export const packWalScript = `set -o pipefail
volume=$1
shift
extra=$(mktemp -d)
trap 'rm -r "$extra"' EXIT
cat > "$extra/backup_label"
mkdir "$extra/global"
until cp "$volume/global/pg_control" "$extra/global" && cmp -s "$volume/global/pg_control" "$extra/global/pg_control"; do :; done
chown --reference="$volume/PG_VERSION" "$extra/backup_label" "$extra/global/pg_control"
chmod 0600 "$extra/backup_label" "$extra/global/pg_control"
for segment do [ -f "$volume/pg_wal/$segment" ] || { echo "the WAL segment $segment is gone" >&2; exit 1; }; done
tar --create --numeric-owner --directory="$extra" ./backup_label ./global/pg_control --directory="$volume" "\${@/#/./pg_wal/}" | gzip -1
`;
