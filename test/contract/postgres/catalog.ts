import type { Client } from 'pg';

/** One fact of the catalog: `key` says about what, `value` is what a client can tell. */
interface Fact {
  key: string;
  value: unknown;
}

// Privileges as the recording writes them: `grantee=PRIV,PRIV*`, sorted.
const acl = (column: string): string => `(
  select jsonb_agg(entry order by entry collate "C") from (
    select case when grantee = 0 then 'PUBLIC' else grantee::regrole::text end || '='
      || string_agg(privilege_type || case when is_grantable then '*' else '' end, ',' order by privilege_type) as entry
    from aclexplode(${column}) group by grantee) entries)`;

/** For each kind of the recording: a query that gives `key` and `value` in the recording's words. */
const queries: Readonly<Record<string, string>> = {
  role: `select rolname as key, jsonb_build_object(
      'login', rolcanlogin, 'super', rolsuper, 'inherit', rolinherit, 'createdb', rolcreatedb, 'createrole', rolcreaterole,
      'replication', rolreplication, 'bypassrls', rolbypassrls, 'connlimit', rolconnlimit,
      'has_password', rolpassword is not null,
      'settings', (select to_jsonb(setconfig) from pg_db_role_setting where setrole = r.oid and setdatabase = 0)) as value
    from pg_authid r`,
  membership: `select member::regrole || ' in ' || roleid::regrole as key, jsonb_build_object(
      'admin', admin_option, 'inherit', inherit_option, 'set', set_option, 'grantor', grantor::regrole::text) as value
    from pg_auth_members`,
  database: `select datname as key, jsonb_build_object('owner', datdba::regrole::text, 'acl', ${acl('datacl')}) as value
    from pg_database`,
  schema: `select nspname as key, jsonb_build_object('owner', nspowner::regrole::text, 'acl', ${acl('nspacl')}) as value
    from pg_namespace`,
  default_acl: `select defaclrole::regrole || ' ' || coalesce(nspname, '') || ' ' ||
      case defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' else 'types' end as key,
      jsonb_build_object('acl', ${acl('defaclacl')}) as value
    from pg_default_acl left join pg_namespace n on n.oid = defaclnamespace`,
  extension: `select extname as key, jsonb_build_object(
      'owner', extowner::regrole::text, 'schema', extnamespace::regnamespace::text) as value from pg_extension`,
  relation: `select relnamespace::regnamespace || '.' || relname as key, jsonb_build_object(
      'owner', relowner::regrole::text, 'acl', ${acl('relacl')},
      'columns', (select jsonb_agg(attname || ' ' || format_type(atttypid, atttypmod)
          || case when attnotnull then ' not null' else '' end order by attnum)
        from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped and c.relkind <> 'S'),
      'comment', obj_description(c.oid, 'pg_class')) as value
    from pg_class c where relkind in ('r', 'v', 'S')`,
  index_or_constraint: `select schemaname || '.' || indexname as key,
      jsonb_build_object('def', regexp_replace(regexp_replace(indexdef, '^CREATE ', ''), 'INDEX \\S+ ON', 'INDEX ' || indexname || ' ON')) as value
    from pg_indexes`,
  function: `select pronamespace::regnamespace || '.' || proname || '(' || pg_get_function_identity_arguments(oid) || ')' as key,
      jsonb_build_object('owner', proowner::regrole::text, 'acl', ${acl('proacl')}, 'returns', pg_get_function_result(oid),
        'secdef', prosecdef, 'config', to_jsonb(proconfig)) as value
    from pg_proc where prokind = 'f'`,
  event_trigger: `select evtname as key, jsonb_build_object('event', evtevent, 'owner', evtowner::regrole::text,
      'enabled', evtenabled, 'function', pronamespace::regnamespace || '.' || proname, 'tags', to_jsonb(evttags)) as value
    from pg_event_trigger join pg_proc p on p.oid = evtfoid`,
  publication: `select pubname as key, jsonb_build_object('owner', pubowner::regrole::text, 'insert', pubinsert,
      'update', pubupdate, 'delete', pubdelete, 'truncate', pubtruncate) as value from pg_publication`,
  parameter_acl: `select parname as key, jsonb_build_object('acl', ${acl('paracl')}) as value from pg_parameter_acl`,
  auth_schema_migrations: `select 'auth' as key, jsonb_build_object('versions', jsonb_agg(version order by version)) as value
    from auth.schema_migrations`,
};

export const kinds = Object.keys(queries);

export async function readCatalog(client: Client, kind: string): Promise<Map<string, unknown>> {
  const { rows } = await client.query<Fact>(queries[kind] ?? '');
  return new Map(rows.map((row) => [row.key, row.value]));
}
