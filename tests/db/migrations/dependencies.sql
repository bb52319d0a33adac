-- What pg_depend has got since watch.known_dependency was filled: the objects depended on, by name.
with fresh as (
    select distinct d.refclassid, d.refobjid, d.refobjsubid from pg_depend d
    where d.deptype in ('n', 'a') and d.refobjid >= 16384
      and not exists (select from watch.known_dependency k
                      where (k.classid, k.objid, k.objsubid, k.refclassid, k.refobjid, k.refobjsubid)
                          = (d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid))
)
select case when c.relkind = 'S' then 'sequence' when c.relkind in ('i', 'I') then 'index'
            else 'table' end,
       case when n.nspname like 'pg\_temp%' then 'pg_temp' else n.nspname end, c.relname, a.attname, refobjid::bigint
from fresh join pg_class c on refclassid = 'pg_class'::regclass and c.oid = refobjid
join pg_namespace n on n.oid = c.relnamespace and n.nspname !~ '^pg_toast'
left join pg_attribute a on a.attrelid = c.oid and a.attnum = refobjsubid and a.attnum > 0
                        and c.relkind not in ('i', 'I', 'S')
where c.relkind <> 'c'
union
select 'type', n.nspname, coalesce(r.typname, e.typname, t.typname), null, refobjid
from fresh join pg_type t on refclassid = 'pg_type'::regclass and t.oid = refobjid
left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
left join pg_range m on m.rngmultitypid = t.oid left join pg_type r on r.oid = m.rngtypid
join pg_namespace n on n.oid = t.typnamespace
union
select 'type', n.nspname, c.relname, null, refobjid
from fresh join pg_class c on refclassid = 'pg_class'::regclass and c.oid = refobjid
join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'c'
union
select 'function', n.nspname, p.proname, null, refobjid
from fresh join pg_proc p on refclassid = 'pg_proc'::regclass and p.oid = refobjid
join pg_namespace n on n.oid = p.pronamespace
union
select 'operator', n.nspname, o.oprname, null, refobjid
from fresh join pg_operator o on refclassid = 'pg_operator'::regclass and o.oid = refobjid
join pg_namespace n on n.oid = o.oprnamespace
union
select 'operator class', n.nspname, o.opcname, null, refobjid
from fresh join pg_opclass o on refclassid = 'pg_opclass'::regclass and o.oid = refobjid
join pg_namespace n on n.oid = o.opcnamespace
union
select 'operator family', n.nspname, o.opfname, null, refobjid
from fresh join pg_opfamily o on refclassid = 'pg_opfamily'::regclass and o.oid = refobjid
join pg_namespace n on n.oid = o.opfnamespace
union
select 'collation', n.nspname, o.collname, null, refobjid
from fresh join pg_collation o on refclassid = 'pg_collation'::regclass and o.oid = refobjid
join pg_namespace n on n.oid = o.collnamespace
union
select 'text search configuration', n.nspname, o.cfgname, null, refobjid
from fresh join pg_ts_config o on refclassid = 'pg_ts_config'::regclass and o.oid = refobjid
join pg_namespace n on n.oid = o.cfgnamespace
union
select 'text search dictionary', n.nspname, o.dictname, null, refobjid
from fresh join pg_ts_dict o on refclassid = 'pg_ts_dict'::regclass and o.oid = refobjid
join pg_namespace n on n.oid = o.dictnamespace
union
select 'table constraint', n.nspname, c.relname, o.conname, refobjid
from fresh join pg_constraint o on refclassid = 'pg_constraint'::regclass and o.oid = refobjid
join pg_class c on c.oid = o.conrelid join pg_namespace n on n.oid = c.relnamespace
union
select 'schema', null, n.nspname, null, refobjid
from fresh join pg_namespace n on refclassid = 'pg_namespace'::regclass and n.oid = refobjid
union
select 'server', null, s.srvname, null, refobjid
from fresh join pg_foreign_server s on refclassid = 'pg_foreign_server'::regclass
                                   and s.oid = refobjid
union
select 'foreign-data wrapper', null, s.fdwname, null, refobjid
from fresh join pg_foreign_data_wrapper s on refclassid = 'pg_foreign_data_wrapper'::regclass
                                         and s.oid = refobjid
union
select 'language', null, l.lanname, null, refobjid
from fresh join pg_language l on refclassid = 'pg_language'::regclass and l.oid = refobjid
union
select 'access method', null, m.amname, null, refobjid
from fresh join pg_am m on refclassid = 'pg_am'::regclass and m.oid = refobjid
union
select 'publication', null, b.pubname, null, refobjid
from fresh join pg_publication b on refclassid = 'pg_publication'::regclass and b.oid = refobjid
