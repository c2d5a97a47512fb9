/** Reads the catalog in one go, as one JSON document per part. `$1` is the array of exposed schemas. */
export const catalogQuery = `
with exposed as (select oid, nspname from pg_catalog.pg_namespace where nspname = any($1::text[])),
relation as (
  select c.oid, n.nspname, c.relname, c.relkind, pg_catalog.pg_relation_is_updatable(c.oid, true) as can
  from pg_catalog.pg_class c join exposed n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition),
base as (
  -- Tables of other schemas too: exposed views may stand on them.
  select c.oid, n.nspname, c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f') and not c.relispartition and n.nspname not in ('pg_catalog', 'information_schema'))
select
  (select coalesce(json_agg(json_build_object('oid', r.oid, 'schema', r.nspname, 'name', r.relname, 'kind', r.relkind,
      'can', r.can, 'columns', (
        select coalesce(json_agg(json_build_object('number', a.attnum, 'name', a.attname,
            'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
            'default', case when a.attidentity = 'd' then pg_catalog.format('nextval(%L)', pg_catalog.pg_get_serial_sequence(
                         pg_catalog.format('%I.%I', r.nspname, r.relname), a.attname))
                       when a.attgenerated <> '' or a.attidentity = 'a' then null
                       else pg_catalog.pg_get_expr(d.adbin, d.adrelid) end) order by a.attnum), '[]')
        from pg_catalog.pg_attribute a left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped))
      order by r.nspname, r.relname), '[]') from relation r) as relations,
  (select coalesce(json_agg(json_build_object('table', k.conrelid, 'schema', b.nspname, 'tableName', b.relname, 'name', k.conname,
      'type', k.contype, 'columns', k.conkey, 'foreign', k.confrelid, 'foreignColumns', k.confkey,
      'columnNames', (select json_agg(a.attname order by o.n) from unnest(k.conkey) with ordinality o(num, n)
                      join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = o.num),
      'foreignColumnNames', (select json_agg(a.attname order by o.n) from unnest(k.confkey) with ordinality o(num, n)
                      join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = o.num))
      order by k.conname), '[]')
    from pg_catalog.pg_constraint k join base b on b.oid = k.conrelid
    where k.contype in ('p', 'u', 'f') and k.conparentid = 0) as keys,
  (select coalesce(json_agg(json_build_object('oid', c.oid, 'rule', w.ev_action::text) order by c.oid), '[]')
    from pg_catalog.pg_rewrite w join pg_catalog.pg_class c on c.oid = w.ev_class
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('v', 'm') and w.rulename = '_RETURN' and n.nspname not in ('pg_catalog', 'information_schema')) as views,
  (select coalesce(json_agg(json_build_object('schema', n.nspname, 'name', p.proname, 'volatility', p.provolatile,
      'set', p.proretset, 'rows', p.prorows, 'returnsKind', t.typtype, 'returnsType', t.typname, 'returnsSchema', tn.nspname,
      'returnsRelation', t.typrelid, 'outputs', coalesce(p.proargmodes && '{t,o,b}'::"char"[], false),
      'settings', p.proconfig,
      'parameters', (
        select coalesce(json_agg(json_build_object('name', coalesce(p.proargnames[o.n], ''),
            'type', pg_catalog.format_type(o.type, null), 'required', o.k <= p.pronargs - p.pronargdefaults,
            'variadic', coalesce(p.proargmodes[o.n] = 'v', false),
            'relation', (select pt.typrelid from pg_catalog.pg_type pt where pt.oid = o.type and pt.typtype = 'c')) order by o.n), '[]')
        from (select i.type, i.n, row_number() over (order by i.n) as k
              from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality i(type, n)
              where p.proargmodes is null or p.proargmodes[i.n] in ('i', 'b', 'v')) o))
      order by n.nspname, p.proname, p.oid), '[]')
    from pg_catalog.pg_proc p join exposed n on n.oid = p.pronamespace
    join pg_catalog.pg_type t on t.oid = p.prorettype join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
    where p.prokind = 'f' and p.prorettype <> 'pg_catalog.trigger'::regtype and p.prorettype <> 'pg_catalog.event_trigger'::regtype) as routines,
  (select coalesce(json_agg(json_build_object('role', r.rolname, 'setting', s) order by r.rolname), '[]')
    from pg_catalog.pg_db_role_setting d join pg_catalog.pg_roles r on r.oid = d.setrole, unnest(d.setconfig) s
    where d.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
      and pg_catalog.pg_has_role(session_user, r.oid, 'member')
      and exists (select from pg_catalog.pg_settings g where g.name = split_part(s, '=', 1) and g.context = 'user')) as role_settings`;
