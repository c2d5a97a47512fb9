#!/bin/bash
# The first boot of the official image, in its order: cluster, roles and schemas on a server that has the socket only,
# passwords, then the server itself.
set -euo pipefail

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql /etc/postgresql-custom/conf.d
  find "$PGDATA" /var/run/postgresql /etc/postgresql-custom \! -user postgres -exec chown postgres:postgres {} +
  chmod 0700 "$PGDATA"
  exec gosu postgres "$BASH_SOURCE" "$@"
fi

if [ "${1:-}" != postgres ]; then exec "$@"; fi

if [ "$POSTGRES_USER" != supabase_admin ]; then
  echo 'POSTGRES_USER must stay supabase_admin: another one breaks the first boot.' >&2
  exit 1
fi

# As the image's pgsodium_getkey: made at the first start, unless it is there.
key=/etc/postgresql-custom/pgsodium_root.key
if [ ! -s "$key" ]; then
  (umask 077 && head -c 32 /dev/urandom | od -A n -t x1 | tr -d ' \n' > "$key")
fi
if ! grep -Eqx '[0-9A-Fa-f]{64}' "$key"; then
  echo 'FATAL: invalid secret key' >&2
  exit 1
fi

first_boot() {
  if [ -z "${POSTGRES_PASSWORD:-}" ]; then
    echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
    exit 1
  fi
  initdb --username=supabase_admin --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C --locale-provider=icu --icu-locale=en-US --no-instructions "$PGDATA" > /dev/null
  # Its answer on the socket is why the health check has to ask over TCP.
  PGPASSWORD=$POSTGRES_PASSWORD pg_ctl -D "$PGDATA" -w -s -o \
    "-c config_file=/etc/postgresql/postgresql.conf -c listen_addresses='' -c log_min_messages=fatal" start
  export PGHOST=/var/run/postgresql PGUSER=supabase_admin PGDATABASE=postgres PGPASSWORD=$POSTGRES_PASSWORD
  for file in /docker-entrypoint-initdb.d/*.sql; do
    psql --no-psqlrc --quiet --single-transaction --set ON_ERROR_STOP=1 --file "$file" > /dev/null
  done
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 << 'SQL'
\getenv password POSTGRES_PASSWORD
set log_statement = 'none';
alter role postgres password :'password';
alter role authenticator password :'password';
alter role pgbouncer password :'password';
alter role supabase_auth_admin password :'password';
alter role supabase_storage_admin password :'password';
alter role supabase_functions_admin password :'password';
SQL
  pg_ctl -D "$PGDATA" -w -s -m fast stop
}

if [ ! -s "$PGDATA/PG_VERSION" ]; then first_boot; fi

# pg_net's worker: a process beside the server, which ends with the container.
(env -u POSTGRES_PASSWORD -u PGPASSWORD node /app/pg-net-worker.js < /dev/null &)
exec "$@"
