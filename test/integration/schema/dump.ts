import type { Client } from 'pg';

const ours = `n.nspname in ('public', 'private')`;

/** What a reviewer wants to see of the schema, one query a section, in a stable order. Function bodies stay in the migrations. */
const sections: Record<string, string> = {
  types: `select format('%I: %s', t.typname, string_agg(e.enumlabel, ' < ' order by e.enumsortorder)) as line
    from pg_type t join pg_namespace n on n.oid = t.typnamespace join pg_enum e on e.enumtypid = t.oid
    where ${ours} group by t.typname`,
  columns: `select format('%s.%I %s%s%s', c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
      case when a.attnotnull then ' not null' else '' end,
      case when a.attgenerated <> '' then ' generated' when d.oid is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid) else '' end) as line
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where ${ours} and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped`,
  constraints: `select format('%s %I %s', conrelid::regclass, conname, pg_get_constraintdef(c.oid)) as line
    from pg_constraint c join pg_namespace n on n.oid = c.connamespace where ${ours} and conrelid <> 0 and contype <> 'n'`,
  indexes: `select pg_get_indexdef(i.indexrelid) as line from pg_index i join pg_class c on c.oid = i.indrelid
    join pg_namespace n on n.oid = c.relnamespace where ${ours}`,
  triggers: `select pg_get_triggerdef(t.oid) as line from pg_trigger t join pg_class c on c.oid = t.tgrelid
    join pg_namespace n on n.oid = c.relnamespace where ${ours} and not t.tgisinternal`,
  policies: `select format('%s %I for %s to %s using (%s) check (%s)', polrelid::regclass, polname,
      case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
      (select string_agg(rolname, ', ' order by rolname) from pg_roles where oid = any (polroles)),
      pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) as line
    from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
    where ${ours} or n.nspname = 'realtime'`,
  functions: `select format('%s returns %s%s, executed by %s', p.oid::regprocedure, pg_get_function_result(p.oid),
      case when p.prosecdef then ' security definer' else '' end,
      coalesce((select string_agg(r.rolname, ', ' order by r.rolname) from pg_roles r
        where r.rolname in ('anon', 'authenticated', 'service_role') and has_function_privilege(r.oid, p.oid, 'execute')), 'nobody')) as line
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${ours}`,
  'table grants': `select format('%s %s: %s', c.oid::regclass, a.grantee::regrole, string_agg(lower(a.privilege_type), ', ' order by a.privilege_type)) as line
    from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
    where ${ours} and c.relkind in ('r', 'p') and a.grantee <> c.relowner group by c.oid, a.grantee`,
  'column grants': `select format('%s.%I %s: %s', c.oid::regclass, t.attname, a.grantee::regrole, lower(a.privilege_type)) as line
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute t on t.attrelid = c.oid, aclexplode(t.attacl) a where ${ours}`,
};

export async function dumpSchema(client: Client): Promise<string> {
  const parts: string[] = [];
  for (const [name, sql] of Object.entries(sections)) {
    const { rows } = await client.query<{ line: string }>(`select line from (${sql}) s order by line collate "C"`);
    parts.push(`## ${name}`, ...rows.map(({ line }) => line.replaceAll(/\s+/g, ' ')), '');
  }
  return parts.join('\n');
}
