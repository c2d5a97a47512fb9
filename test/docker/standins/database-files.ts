import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('../../../', import.meta.url).pathname;
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Replaces a line that has to be there: a source that changed must not pass unseen. */
function swap(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`"${from.trim()}" is no longer in the source of the database stand-in`);
  return text.replace(from, () => to);
}

/** Extensions and first boot of the database stand-in, out of the SQL of the embedded one. */
export function writeDatabaseFiles(context: string): void {
  const extension = join(context, 'extension');
  const boot = join(context, 'bootstrap');
  for (const dir of [extension, boot]) mkdirSync(dir, { recursive: true });

  // The official image has its own key place, read by the server's user.
  let vault = swap(read('embedded/vault/sql/01_vault.sql'), 'create schema vault;\n', '');
  vault = swap(vault, "pg_read_file('sfp_vault.key')", "pg_read_file('/etc/postgresql-custom/pgsodium_root.key')");
  const dumped = "\nselect pg_catalog.pg_extension_config_dump('vault.secrets', '');\n";
  writeFileSync(
    join(extension, 'supabase_vault--0.3.1.sql'),
    vault + read('embedded/vault/sql/02_grants.sql') + dumped,
  );
  writeFileSync(join(extension, 'supabase_vault.control'), control('0.3.1', 'vault'));

  // pg_net leaves its schema to everybody; closing it is the work of database-setup.sql.
  const open = `
grant usage on schema net to public;
grant all on all tables in schema net to public;
grant all on all sequences in schema net to public;
`;
  writeFileSync(join(extension, 'pg_net--0.20.4.sql'), read('embedded/net/sql/01_net.sql') + open);
  writeFileSync(join(extension, 'pg_net.control'), control('0.20.4', null));

  const steps = readdirSync(join(root, 'embedded/postgres/bootstrap')).sort();
  for (const name of steps) {
    writeFileSync(join(boot, name), bootStep(name, read(`embedded/postgres/bootstrap/${name}`)));
  }
  writeFileSync(join(boot, '50_vault.sql'), 'create extension supabase_vault;\n');
}

/** What the embedded bootstrap adds for the platform, the image does not have: database-setup.sql makes it. */
function bootStep(name: string, sql: string): string {
  if (name === '01_roles.sql') return swap(sql, 'create role hatchet login;\n', '');
  if (name === '03_schemas.sql') return swap(sql, 'create schema _realtime;\n', '');
  return sql;
}

const control = (version: string, schema: string | null): string =>
  `default_version = '${version}'\nrelocatable = false\nsuperuser = true\n${schema === null ? '' : `schema = ${schema}\n`}`;
