/**
 * What helper containers run on a volume, as `bash -euc <script> sfp <directory>` (GNU tar, coreutils). An exchange is
 * by renames within the volume, and every step finds where a killed one stopped:
 *
 * | in the volume | means |
 * |---|---|
 * | `.sfp-incoming` | comes out of a backup |
 * | `.sfp-replaced` without `.sfp-aside` | what was there before goes aside, or comes back: the rest of it is still, or again, in place |
 * | `.sfp-replaced` with `.sfp-aside` | all of it is aside; what is in place came out of a backup |
 * | `.sfp-placing` | what `.sfp-incoming` does not have any more is in place |
 */
const begin = `cd "$1"
shopt -s dotglob nullglob
each() { for entry in *; do case "$entry" in .sfp-*) ;; *) "$@" "$entry" ;; esac; done; }
aside() { mv -- "$1" .sfp-replaced/; }
remove() { rm -rf -- "$1"; }
moveOut() { for entry in "$1"/*; do mv -- "$entry" .; done; }
durable() { sync -f .; }
like() { chown --reference="$1" "$2"; chmod --reference="$1" "$2"; }
`;

/** Says "replaced" when the volume holds what an exchange put aside. */
export const lookScript = `${begin}
[ ! -e .sfp-replaced ] || echo replaced
`;

export const prepareScript = `${begin}
rm -rf .sfp-incoming
rm -f .sfp-placing
mkdir -m 0700 .sfp-incoming
`;

/** An archive on stdin, unpacked over what is there, durable at the end. */
export const unpackScript = `${begin}
tar --extract --gzip --directory=.sfp-incoming --numeric-owner --same-owner --preserve-permissions --overwrite
durable
`;

export const placeScript = `${begin}
[ -d .sfp-incoming ] || exit 0
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
`;

export const putBackScript = `${begin}
[ -d .sfp-replaced ] || exit 0
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
`;

/** Prints "empty" when nothing at all is left. */
export const tidyScript = `${begin}
rm -rf .sfp-incoming .sfp-replaced .sfp-aside .sfp-placing
durable
[ -n "$(ls -A)" ] || echo empty
`;

/** Bytes that are free where the volume is. */
export const roomScript = `df --output=avail --block-size=1 "$1" | tail -n 1
`;

/** A whole volume, compressed, on stdout. */
const packScript = (excludes: readonly string[]): string => `set -o pipefail
${tar(['--directory="$1"', ...excludes, '.'])} | gzip -1
`;

/**
 * tar ends with 1 when a file changed or vanished while it was read, which is what a running server's files do and its
 * WAL mends; with 2 when a file could not be read.
 */
const tar = (options: readonly string[]): string =>
  `(tar --create --numeric-owner --warning=no-file-changed --warning=no-file-removed --warning=no-file-shrank ${options.join(' ')} || [ $? -eq 1 ])`;

/** What belongs to an exchange is no part of the volume. */
const notOurs = ['--anchored', "--exclude='./.sfp-*'"];

/** The key is in the snapshot once, as a file of its own. */
export const packConfigScript = packScript([...notOurs, "--exclude='./pgsodium_root.key*'"]);
export const packPlainScript = packScript(notOurs);

/** What Postgres' own base backup leaves out: of the running server only, rebuilt at its start, or copied afterwards. */
export const packClusterScript = packScript([
  ...notOurs,
  ...[
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
]);

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
