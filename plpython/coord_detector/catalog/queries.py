"""The questions that are put to the catalog: few, each for everything at once.

All names are qualified, so that nothing planted on anybody's path can answer instead, and
objects that do not exist are simply missing from the answer. The catalogs that are read here are
readable by everybody.
"""

from __future__ import annotations

RELATIONS = """
select n.nspname as schema, c.relname as name, c.oid::bigint as oid, c.relkind::text as kind,
       tn.nspname as table_schema, t.relname as table_name,
       kn.conname as constraint_name
from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.name
left join pg_catalog.pg_index x on x.indexrelid = c.oid
left join pg_catalog.pg_class t on t.oid = x.indrelid
left join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
left join pg_catalog.pg_constraint kn
  on kn.conindid = c.oid and kn.contype in ('p', 'u', 'x') and kn.conrelid = x.indrelid
"""

TYPES = """
select n.nspname as schema, t.typname as name, t.oid::bigint as oid, t.typtype::text as kind,
       t.typrelid::bigint as relation
from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_type t on t.typnamespace = n.oid and t.typname = i.name
where t.typtype <> 'c' or exists (
    select from pg_catalog.pg_class r where r.oid = t.typrelid and r.relkind = 'c')
"""

COLUMNS = """
select n.nspname as schema, c.relname as name, a.attname as column_name,
       c.oid::bigint as oid, a.attnum::int as number, a.attnotnull as not_null,
       a.atthasdef or a.attidentity <> '' as has_default,
       pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
       u.schema as type_schema, u.name as type_name, (
         select k.conname from pg_catalog.pg_constraint k
         where k.conrelid = c.oid and k.contype = 'n' and k.conkey = array[a.attnum]
       ) as not_null_constraint
from (select distinct * from unnest($1::text[], $2::text[], $3::text[])
        as i (schema, name, column_name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.name
join pg_catalog.pg_attribute a
  on a.attrelid = c.oid and a.attname = i.column_name and a.attnum > 0 and not a.attisdropped
left join lateral (
    select un.nspname as schema, e.typname as name
    from pg_catalog.pg_type t
    join pg_catalog.pg_type e
      on e.oid = case when t.typcategory = 'A' and t.typelem <> 0 then t.typelem else t.oid end
    join pg_catalog.pg_namespace un on un.oid = e.typnamespace
    where t.oid = a.atttypid and un.nspname not in ('pg_catalog', 'information_schema')
) u on true
"""

ROUTINES = """
select n.nspname as schema, p.proname as name, p.oid::bigint as oid, p.prokind::text as kind,
       p.pronargs::int as most_arguments, (p.pronargs - p.pronargdefaults)::int as least_arguments,
       p.provariadic <> 0 as is_variadic, arguments.types
from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_proc p on p.pronamespace = n.oid and p.proname = i.name
cross join lateral (
    select coalesce(pg_catalog.string_agg(
        case when en.nspname = 'pg_catalog' then pg_catalog.format_type(t.oid, null)
             else pg_catalog.quote_ident(en.nspname) || '.' || pg_catalog.quote_ident(e.typname)
               || case when e.oid <> t.oid then '[]' else '' end
        end, ',' order by a.number), '') as types
    from unnest(p.proargtypes) with ordinality as a (type, number)
    join pg_catalog.pg_type t on t.oid = a.type
    join pg_catalog.pg_type e
      on e.oid = case when t.typcategory = 'A' and t.typelem <> 0 then t.typelem else t.oid end
    join pg_catalog.pg_namespace en on en.oid = e.typnamespace
) arguments
order by p.oid
"""

MEMBERS = """
with i as (
    select distinct i.kind, c.oid as relation, i.schema, i.name, i.sub
    from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as i (kind, schema, name, sub)
    join pg_catalog.pg_namespace n on n.nspname = i.schema
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.name
)
select i.kind, i.schema, i.name, i.sub, 'pg_catalog.pg_constraint'::regclass::oid::bigint as class,
       k.oid::bigint as oid, x.relname as index_name, k.contype::text as type, (
         select array_agg(a.attname::text order by a.attnum) from pg_catalog.pg_attribute a
         where a.attrelid = k.conrelid and a.attnum = any (k.conkey)) as columns
from i join pg_catalog.pg_constraint k on k.conrelid = i.relation and k.conname = i.sub
left join pg_catalog.pg_class x on x.oid = k.conindid and k.contype in ('p', 'u', 'x')
where i.kind = 'constraint'
union all
select i.kind, i.schema, i.name, i.sub, 'pg_catalog.pg_trigger'::regclass::oid::bigint,
       t.oid::bigint, null, t.tgtype::text || case when t.tgqual is null then '' else '?' end, (
         select array_agg(a.attname::text order by a.attnum) from pg_catalog.pg_attribute a
         where a.attrelid = t.tgrelid and a.attnum = any (t.tgattr::smallint[]))
from i join pg_catalog.pg_trigger t on t.tgrelid = i.relation and t.tgname = i.sub
where i.kind = 'trigger' and not t.tgisinternal
union all
select i.kind, i.schema, i.name, i.sub, 'pg_catalog.pg_policy'::regclass::oid::bigint,
       p.oid::bigint, null, null, null
from i join pg_catalog.pg_policy p on p.polrelid = i.relation and p.polname = i.sub
where i.kind = 'policy'
union all
select i.kind, i.schema, i.name, i.sub, 'pg_catalog.pg_rewrite'::regclass::oid::bigint,
       r.oid::bigint, null, case r.ev_type when '2' then 16 when '3' then 4 when '4' then 8
         end::text || case when r.ev_qual::text = '<>' then '' else '?' end, null
from i join pg_catalog.pg_rewrite r on r.ev_class = i.relation and r.rulename = i.sub
where i.kind = 'rule'
union all
select i.kind, i.schema, i.name, i.sub, 'pg_catalog.pg_publication_rel'::regclass::oid::bigint,
       l.oid::bigint, null, null, null
from i join pg_catalog.pg_publication p on p.pubname = i.sub
join pg_catalog.pg_publication_rel l on l.prpubid = p.oid and l.prrelid = i.relation
where i.kind = 'publication relation'
union all
select i.kind, i.schema, i.name, i.sub, 'pg_catalog.pg_constraint'::regclass::oid::bigint,
       k.oid::bigint, null, k.contype::text, null
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as i (kind, schema, name, sub)
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_type t on t.typnamespace = n.oid and t.typname = i.name
join pg_catalog.pg_constraint k on k.contypid = t.oid and k.conname = i.sub
where i.kind = 'domain constraint'
"""

GLOBALS = """
with i as (
    select distinct * from unnest($1::text[], $2::text[], $3::text[]) as i (kind, schema, name)
)
select i.kind, i.schema, i.name, 'pg_catalog.pg_namespace'::regclass::oid::bigint as class,
       n.oid::bigint as oid
from i join pg_catalog.pg_namespace n on n.nspname = i.name where i.kind = 'schema'
union all
select i.kind, i.schema, i.name, 'pg_catalog.pg_extension'::regclass::oid::bigint, e.oid::bigint
from i join pg_catalog.pg_extension e on e.extname = i.name where i.kind = 'extension'
union all
select i.kind, i.schema, i.name, 'pg_catalog.pg_authid'::regclass::oid::bigint, r.oid::bigint
from i join pg_catalog.pg_roles r on r.rolname = i.name where i.kind = 'role'
union all
select i.kind, i.schema, i.name, 'pg_catalog.pg_publication'::regclass::oid::bigint, p.oid::bigint
from i join pg_catalog.pg_publication p on p.pubname = i.name where i.kind = 'publication'
union all
select i.kind, i.schema, i.name, 'pg_catalog.pg_event_trigger'::regclass::oid::bigint,
       t.oid::bigint
from i join pg_catalog.pg_event_trigger t on t.evtname = i.name where i.kind = 'event trigger'
union all
select i.kind, i.schema, i.name, 'pg_catalog.pg_statistic_ext'::regclass::oid::bigint,
       s.oid::bigint
from i join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_statistic_ext s on s.stxnamespace = n.oid and s.stxname = i.name
where i.kind = 'statistics object'
union all
select i.kind, i.schema, i.name, 'pg_catalog.pg_collation'::regclass::oid::bigint, c.oid::bigint
from i join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_collation c on c.collnamespace = n.oid and c.collname = i.name
where i.kind = 'collation'
"""

NAMED = """
with i as (
    select distinct * from unnest($1::text[], $2::text[], $3::text[]) as i (kind, schema, name)
)
select i.kind, i.schema, i.name
from i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join (
    select 'operator' as kind, oprnamespace as namespace, oprname as name
    from pg_catalog.pg_operator
    union all
    select 'operator class' as kind, opcnamespace as namespace, opcname as name
    from pg_catalog.pg_opclass
    union all
    select 'operator family' as kind, opfnamespace as namespace, opfname as name
    from pg_catalog.pg_opfamily
    union all
    select 'text search configuration' as kind, cfgnamespace as namespace, cfgname as name
    from pg_catalog.pg_ts_config
    union all
    select 'text search dictionary' as kind, dictnamespace as namespace, dictname as name
    from pg_catalog.pg_ts_dict
    union all
    select 'conversion' as kind, connamespace as namespace, conname as name
    from pg_catalog.pg_conversion
) x on x.kind = i.kind and x.namespace = n.oid and x.name = i.name
"""

# A row of a generated column's expression points back at its own column: that is no dependent.
DEPENDENTS = """
with recursive reached (root, class, oid, sub, hard, depth) as (
    select i.root, i.class::oid, i.oid::oid, i.sub, false, 0
    from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
        as i (root, class, oid, sub)
  union
    select r.root, x.class, x.oid, x.sub, r.hard or d.deptype = 'n', r.depth + 1
    from reached r
    join pg_catalog.pg_depend d
      on d.refclassid = r.class and d.refobjid = r.oid
     and (r.sub = 0 or d.refobjsubid = r.sub)
    left join pg_catalog.pg_rewrite w
      on d.classid = 'pg_catalog.pg_rewrite'::regclass and w.oid = d.objid
     and w.rulename = '_RETURN'
    left join pg_catalog.pg_attrdef f
      on d.classid = 'pg_catalog.pg_attrdef'::regclass and f.oid = d.objid
    left join pg_catalog.pg_attribute g
      on g.attrelid = f.adrelid and g.attnum = f.adnum and g.attgenerated <> ''
    cross join lateral (
        select case when w.oid is not null or g.attrelid is not null
                    then 'pg_catalog.pg_class'::regclass::oid else d.classid end as class,
               coalesce(w.ev_class, g.attrelid, d.objid) as oid,
               case when w.oid is not null then 0
                    when g.attrelid is not null then g.attnum
                    else d.objsubid end::bigint as sub
    ) x
    where d.deptype in ('n', 'a', 'i', 'P', 'S', 'e') and r.depth < 12
      and not (x.class = r.class and x.oid = r.oid and (x.sub = r.sub or r.sub = 0))
)
select r.root, pg_catalog.bool_and(r.hard) as hard, min(r.depth)::int as depth,
       i.type as kind, a.object_names as names, a.object_args as arguments, i.identity
from (
    select root, class, oid, sub, pg_catalog.bool_and(hard) as hard, min(depth) as depth
    from reached where depth > 0 group by root, class, oid, sub
    limit 50000
) r
cross join lateral pg_catalog.pg_identify_object(r.class, r.oid, r.sub::int) i
cross join lateral pg_catalog.pg_identify_object_as_address(r.class, r.oid, r.sub::int) a
where i.type is not null and coalesce(i.schema, '') not in ('pg_toast')
group by r.root, i.type, a.object_names, a.object_args, i.identity
order by r.root, min(r.depth), i.type, i.identity
"""

CHILDREN = """
with recursive child (root, oid) as (
    select i.oid, i.oid::oid from unnest($1::bigint[]) as i (oid)
  union
    select c.root, h.inhrelid
    from child c join pg_catalog.pg_inherits h on h.inhparent = c.oid
)
select c.root, n.nspname as schema, r.relname as name
from child c
join pg_catalog.pg_class r on r.oid = c.oid
join pg_catalog.pg_namespace n on n.oid = r.relnamespace
where c.oid <> c.root::oid
order by c.root, n.nspname, r.relname
limit 20000
"""

TRIGGERS_OF = """
select i.schema, i.name, t.tgname as trigger_name
from unnest($1::text[], $2::text[]) as i (schema, name)
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.name
join pg_catalog.pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal
order by 1, 2, 3
limit 20000
"""

TYPES_OF_COLUMNS = """
select distinct n.nspname as schema, c.relname as name, un.nspname as type_schema,
       e.typname as type_name
from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.name
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type t on t.oid = a.atttypid
join pg_catalog.pg_type e
  on e.oid = case when t.typcategory = 'A' and t.typelem <> 0 then t.typelem else t.oid end
join pg_catalog.pg_namespace un on un.oid = e.typnamespace
where un.nspname not in ('pg_catalog', 'information_schema')
order by 1, 2, 3, 4
limit 20000
"""

PARTS = """
with i as (
    select c.oid, n.nspname as schema, c.relname as name
    from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
    join pg_catalog.pg_namespace n on n.nspname = i.schema
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.name
)
select i.schema, i.name, 'column' as part, a.attname as member, null as what,
       null::text[] as words, false as stays, a.attnum::int as position
from i join pg_catalog.pg_attribute a on a.attrelid = i.oid
where a.attnum > 0 and not a.attisdropped
union all
select i.schema, i.name, case k.contype when 'c' then 'check' else 'foreign key' end, k.conname,
       null, (select array_agg(a.attname::text order by a.attnum) from pg_catalog.pg_attribute a
              where a.attrelid = i.oid and a.attnum = any (k.conkey)),
       k.contype = 'c' and k.connoinherit, 0
from i join pg_catalog.pg_constraint k on k.conrelid = i.oid
where k.contype in ('c', 'f')
union all
select i.schema, i.name, 'index', x.relname,
       case k.contype when 'p' then 'primary key' when 'u' then 'unique'
                      when 'x' then 'exclusion' end,
       (select array_agg(a.attname::text order by a.attnum) from pg_catalog.pg_attribute a
        where a.attrelid = x.oid), false, 0
from i
join pg_catalog.pg_index d on d.indrelid = i.oid
join pg_catalog.pg_class x on x.oid = d.indexrelid
left join pg_catalog.pg_constraint k on k.conindid = x.oid and k.contype in ('p', 'u', 'x')
                                    and k.conrelid = i.oid
union all
select i.schema, i.name, 'identity', a.attname, null, null, false, a.attnum::int
from i join pg_catalog.pg_attribute a on a.attrelid = i.oid
where a.attnum > 0 and not a.attisdropped and a.attidentity <> ''
union all
select i.schema, i.name, 'default', s.relname, null, array[sn.nspname::text], false, 0
from i
join pg_catalog.pg_attrdef e on e.adrelid = i.oid
join pg_catalog.pg_depend d
  on d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = e.oid
 and d.refclassid = 'pg_catalog.pg_class'::regclass
join pg_catalog.pg_class s on s.oid = d.refobjid and s.relkind = 'S'
join pg_catalog.pg_namespace sn on sn.oid = s.relnamespace
union all
select i.schema, i.name, 'trigger', g.tgname, null, null, g.tgtype & 1 = 0, 0
from i join pg_catalog.pg_trigger g on g.tgrelid = i.oid
where not g.tgisinternal
order by 1, 2, 3, 8, 4
limit 20000
"""

TAKEN = """
select i.schema, i.name
from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
where exists (select from pg_catalog.pg_class c
              where c.relnamespace = n.oid and c.relname = i.name)
   or exists (select from pg_catalog.pg_constraint k
              where k.connamespace = n.oid and k.conname = i.name)
"""

MOVING_ALONG = """
select t.oid::bigint as root, n.nspname as schema, x.relname as name, 'index' as kind,
       x.relispartition as is_part
from unnest($1::bigint[]) as t (oid)
join pg_catalog.pg_index i on i.indrelid = t.oid::oid
join pg_catalog.pg_class x on x.oid = i.indexrelid
join pg_catalog.pg_namespace n on n.oid = x.relnamespace
union all
select t.oid::bigint, n.nspname, s.relname, 'sequence', false
from unnest($1::bigint[]) as t (oid)
join pg_catalog.pg_depend d
  on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = t.oid::oid
 and d.classid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0
join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
join pg_catalog.pg_namespace n on n.oid = s.relnamespace
order by 1, 2, 3
"""

TRIGGERS = """
select t.oid::bigint as root, g.tgname as trigger_name, g.tgfoid::bigint as function,
       g.tgtype::int as type, (
         select array_agg(a.attname::text order by a.attnum) from pg_catalog.pg_attribute a
         where a.attrelid = g.tgrelid and a.attnum = any (g.tgattr::smallint[])) as columns
from unnest($1::bigint[]) as t (oid)
join pg_catalog.pg_trigger g on g.tgrelid = t.oid::oid
where not g.tgisinternal and g.tgenabled <> 'D'
order by 1, 2
"""

BODIES = """
select p.oid::bigint as oid, n.nspname as schema, p.proname as name,
       pg_catalog.pg_get_functiondef(p.oid) as text
from unnest($1::bigint[]) as i (oid)
join pg_catalog.pg_proc p on p.oid = i.oid::oid
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
where p.prokind in ('f', 'p') and l.lanname in ('sql', 'plpgsql') and n.nspname <> 'pg_catalog'
order by p.oid
"""

PUBLISHED = """
select p.pubname as name, n.nspname as schema, c.relname as table_name
from (select distinct * from unnest($1::text[]) as i (name)) i
join pg_catalog.pg_publication p on p.pubname = i.name
join pg_catalog.pg_publication_rel r on r.prpubid = p.oid
join pg_catalog.pg_class c on c.oid = r.prrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
order by 1, 2, 3
limit 20000
"""

LABELS = """
select n.nspname as schema, t.typname as name,
       array_agg(e.enumlabel::text order by e.enumsortorder) as labels
from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_type t on t.typnamespace = n.oid and t.typname = i.name
join pg_catalog.pg_enum e on e.enumtypid = t.oid
group by n.nspname, t.typname
"""

COLUMNS_OF_TYPE = """
select n.nspname as schema, t.typname as name,
       rn.nspname as table_schema, r.relname as table_name, a.attname as column_name
from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_type t on t.typnamespace = n.oid and t.typname = i.name
join pg_catalog.pg_attribute a on a.atttypid = t.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_class r on r.oid = a.attrelid
join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
order by 1, 2, 3, 4, 5
limit 20000
"""

DEFAULT_PRIVILEGES = """
select n.nspname as schema, d.defaclobjtype::text as type,
       coalesce(r.rolname, 'public') as grantee, x.privilege_type as privilege
from pg_catalog.pg_default_acl d
join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
cross join lateral pg_catalog.aclexplode(d.defaclacl) x
left join pg_catalog.pg_roles r on r.oid = x.grantee
where n.nspname = any ($1::text[])
"""

CREATING_ROLES = """
select r.rolname as role, r.rolname = session_user as is_caller
from pg_catalog.pg_roles r
where r.rolname = any ($1::text[])
  and (r.rolname = session_user or exists (
         select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where c.relowner = r.oid and c.relkind in ('r', 'p', 'v', 'm')
           and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'))
"""

COLUMNS_IN_ORDER = """
select n.nspname as schema, c.relname as name, (
         select array_agg(a.attname::text order by a.attnum) from pg_catalog.pg_attribute a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_class c
  on c.relnamespace = n.oid and c.relname = i.name and c.relkind in ('r', 'p', 'v', 'f')
"""

UNIQUE_KEYS = """
select n.nspname as schema, c.relname as name, x.indisprimary as is_primary,
       (select k.relname from pg_catalog.pg_class k where k.oid = x.indexrelid) as index_name, (
         select array_agg(a.attname::text order by a.attname) from pg_catalog.pg_attribute a
         where a.attrelid = c.oid and a.attnum = any (x.indkey::smallint[])) as columns
from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.name
join pg_catalog.pg_index x on x.indrelid = c.oid
where x.indisunique and x.indpred is null and x.indexprs is null
"""
