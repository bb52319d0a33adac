-- Every object of the database by its name, with what can be changed of it as one text.
-- Columns: kind, schema, name, sub, value. Run with an empty search_path, so that format_type
-- qualifies what is not built in.
with namespace as (
    select oid, case when nspname like 'pg_temp%' then 'pg_temp' else nspname end as name
    from pg_namespace
    where nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'watch')
      and nspname not like 'pg_toast_temp%'
), relation as (
    select c.*, n.name as schema,
           case c.relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view'
                when 'm' then 'materialized view' when 'i' then 'index' when 'I' then 'index'
                when 'S' then 'sequence' when 'f' then 'foreign table'
                when 'c' then 'composite type' end as kind
    from pg_class c join namespace n on n.oid = c.relnamespace
    where c.relkind <> 't'
), routine as (
    select p.*, n.name as schema,
           case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end
               as kind,
           p.proname || '(' || coalesce((
               select string_agg(format_type(a.type, null), ',' order by a.position)
               from unnest(p.proargtypes) with ordinality a (type, position)), '') || ')'
               as signature
    from pg_proc p join namespace n on n.oid = p.pronamespace
)
select kind, schema, relname::text as name, null as sub, concat_ws('|',
           relowner::regrole, relpersistence, reltablespace, relam,
           array_to_string(array(select o from unnest(reloptions) o order by o), ','),
           relrowsecurity, relforcerowsecurity, relreplident, relispartition,
           relacl, reloftype, obj_description(r.oid, 'pg_class'),
           pg_get_expr(relpartbound, r.oid),
           (select string_agg(inhparent::text, ',' order by inhseqno) from pg_inherits
            where inhrelid = r.oid),
           (select string_agg(provider || label, ',') from pg_seclabel
            where objoid = r.oid and objsubid = 0 and classoid = 'pg_class'::regclass),
           (select concat_ws(',', indisunique, indisprimary, indisclustered, indisreplident,
                             indkey, indclass, indoption, indisvalid,
                             (select string_agg(attstattarget::text, ',' order by attnum)
                              from pg_attribute where attrelid = indexrelid))
            from pg_index where indexrelid = r.oid),
           (select concat_ws(',', seqtypid, seqstart, seqincrement, seqmax, seqmin, seqcache,
                             seqcycle)
            from pg_sequence where seqrelid = r.oid),
           (select array_to_string(ftoptions, ',') from pg_foreign_table where ftrelid = r.oid),
           (select refobjid::text || ',' || refobjsubid from pg_depend
            where classid = 'pg_class'::regclass and objid = r.oid and r.relkind = 'S'
              and refclassid = 'pg_class'::regclass and deptype in ('a', 'i')),
           (select md5(regexp_replace(ev_action::text, ':location -?\d+', '', 'g'))
            from pg_rewrite where ev_class = r.oid and rulename = '_RETURN'),
           (select string_agg(e.extname, ',') from pg_depend d
            join pg_extension e on e.oid = d.refobjid
            where d.classid = 'pg_class'::regclass and d.objid = r.oid and d.objsubid = 0
              and d.refclassid = 'pg_extension'::regclass and d.deptype in ('e', 'x'))
       ) as value
from relation r
where relkind <> 'c'
union all
select r.kind || ' column', r.schema, r.relname, a.attname, concat_ws('|',
           format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
           a.attstattarget, a.attstorage, a.attcompression, a.attcollation, a.attacl,
           array_to_string(array(select o from unnest(a.attoptions) o
                                 where o not like 'pg_attver=%'), ','),
           array_to_string(a.attfdwoptions, ','), col_description(a.attrelid, a.attnum),
           (select regexp_replace(adbin::text, ':location -?\d+', '', 'g') from pg_attrdef
            where adrelid = a.attrelid and adnum = a.attnum))
from pg_attribute a join relation r on r.oid = a.attrelid
where a.attnum > 0 and not a.attisdropped and r.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
union all
select 'table constraint', r.schema, r.relname, c.conname, concat_ws('|',
           c.contype, c.condeferrable, c.condeferred, c.convalidated, c.conkey, c.confrelid,
           c.confkey, c.confupdtype, c.confdeltype, c.connoinherit,
           to_jsonb(c) ->> 'conenforced', to_jsonb(c) ->> 'conperiod',
           obj_description(c.oid, 'pg_constraint'))
from pg_constraint c join relation r on r.oid = c.conrelid
where not (c.contype = 'n' and c.conname like '%\_not\_null')
union all
select 'domain constraint', n.name, t.typname, c.conname, concat_ws('|',
           c.contype, c.convalidated, obj_description(c.oid, 'pg_constraint'))
from pg_constraint c
join pg_type t on t.oid = c.contypid join namespace n on n.oid = t.typnamespace
where not (c.contype = 'n' and c.conname like '%\_not\_null')
union all
select 'trigger', r.schema, r.relname, t.tgname, concat_ws('|',
           t.tgtype, t.tgenabled, t.tgfoid, t.tgattr, t.tgargs, t.tgqual is null,
           obj_description(t.oid, 'pg_trigger'),
           (select string_agg(refobjid::text, ',') from pg_depend
            where classid = 'pg_trigger'::regclass and objid = t.oid and deptype = 'x'))
from pg_trigger t join relation r on r.oid = t.tgrelid
where not t.tgisinternal
union all
select 'policy', r.schema, r.relname, p.polname, concat_ws('|',
           p.polcmd, p.polpermissive, p.polroles, p.polqual, p.polwithcheck,
           obj_description(p.oid, 'pg_policy'))
from pg_policy p join relation r on r.oid = p.polrelid
union all
select 'rule', r.schema, r.relname, w.rulename, concat_ws('|',
           w.ev_type, w.ev_enabled, w.is_instead, w.ev_qual,
           md5(w.ev_action::text), obj_description(w.oid, 'pg_rewrite'))
from pg_rewrite w join relation r on r.oid = w.ev_class
where w.rulename <> '_RETURN'
union all
select 'type', n.name, t.typname, null, concat_ws('|',
           t.typowner, t.typacl, t.typnotnull, t.typdefaultbin, t.typdefault, t.typstorage,
           t.typinput, t.typoutput, t.typreceive, t.typsend, t.typbasetype, t.typtypmod,
           obj_description(t.oid, 'pg_type'),
           (select string_agg(enumlabel, ',' order by enumsortorder) from pg_enum
            where enumtypid = t.oid))
from pg_type t join namespace n on n.oid = t.typnamespace
left join pg_class c on c.oid = t.typrelid
where (t.typrelid = 0 or c.relkind = 'c')
  and not exists (select from pg_type e where e.typarray = t.oid)
union all
select kind, schema, signature, null, concat_ws('|',
           proowner, proacl, prosrc, prosqlbody, proconfig, provolatile, proisstrict, prosecdef,
           proleakproof, proparallel, procost, prorows, prosupport, prorettype, proargdefaults,
           proargnames, obj_description(oid, 'pg_proc'),
           (select a::text from pg_aggregate a where a.aggfnoid = p.oid),
           (select string_agg(refobjid::text, ',') from pg_depend
            where classid = 'pg_proc'::regclass and objid = p.oid and deptype in ('e', 'x')))
from routine p
union all
select 'operator', n.name, o.oprname || '('
           || case when o.oprleft = 0 then 'NONE' else format_type(o.oprleft, null) end || ','
           || case when o.oprright = 0 then 'NONE' else format_type(o.oprright, null) end || ')',
       null, concat_ws('|', o.oprowner, o.oprcode, o.oprcom, o.oprnegate, o.oprrest, o.oprjoin,
           o.oprcanhash, o.oprcanmerge, obj_description(o.oid, 'pg_operator'))
from pg_operator o join namespace n on n.oid = o.oprnamespace
union all
select 'operator class', n.name, o.opcname, null, concat_ws('|',
           o.opcowner, o.opcfamily, o.opcintype, o.opcdefault, obj_description(o.oid, 'pg_opclass'))
from pg_opclass o join namespace n on n.oid = o.opcnamespace
union all
select 'operator family', n.name, o.opfname, null, concat_ws('|',
           o.opfowner, obj_description(o.oid, 'pg_opfamily'),
           (select string_agg(concat_ws(',', amoplefttype, amoprighttype, amopstrategy, amopopr),
                              ';' order by amoplefttype, amoprighttype, amopstrategy)
            from pg_amop where amopfamily = o.oid),
           (select string_agg(concat_ws(',', amproclefttype, amprocrighttype, amprocnum, amproc),
                              ';' order by amproclefttype, amprocrighttype, amprocnum)
            from pg_amproc where amprocfamily = o.oid))
from pg_opfamily o join namespace n on n.oid = o.opfnamespace
union all
select 'cast', null, '(' || format_type(c.castsource, null) || ' AS '
           || format_type(c.casttarget, null) || ')', null,
       concat_ws('|', c.castfunc, c.castcontext, obj_description(c.oid, 'pg_cast'))
from pg_cast c where c.oid >= 16384
union all
select 'transform', null, 'for ' || format_type(t.trftype, null) || ' language ' || l.lanname, null,
       concat_ws('|', t.trffromsql, t.trftosql, obj_description(t.oid, 'pg_transform'))
from pg_transform t join pg_language l on l.oid = t.trflang
union all
select 'conversion', n.name, c.conname, null, concat_ws('|',
           c.conowner, c.conproc, obj_description(c.oid, 'pg_conversion'))
from pg_conversion c join namespace n on n.oid = c.connamespace
union all
select 'collation', n.name, c.collname, null, concat_ws('|',
           c.collowner, c.collprovider, obj_description(c.oid, 'pg_collation'))
from pg_collation c join namespace n on n.oid = c.collnamespace
union all
select 'text search configuration', n.name, c.cfgname, null, concat_ws('|',
           c.cfgowner, c.cfgparser, obj_description(c.oid, 'pg_ts_config'),
           (select string_agg(concat_ws(',', maptokentype, mapseqno, mapdict), ';'
                              order by maptokentype, mapseqno)
            from pg_ts_config_map where mapcfg = c.oid))
from pg_ts_config c join namespace n on n.oid = c.cfgnamespace
union all
select 'text search dictionary', n.name, d.dictname, null, concat_ws('|',
           d.dictowner, d.dicttemplate, d.dictinitoption, obj_description(d.oid, 'pg_ts_dict'))
from pg_ts_dict d join namespace n on n.oid = d.dictnamespace
union all
select 'text search parser', n.name, p.prsname, null,
       concat_ws('|', p.prsstart, obj_description(p.oid, 'pg_ts_parser'))
from pg_ts_parser p join namespace n on n.oid = p.prsnamespace
union all
select 'text search template', n.name, t.tmplname, null,
       concat_ws('|', t.tmpllexize, obj_description(t.oid, 'pg_ts_template'))
from pg_ts_template t join namespace n on n.oid = t.tmplnamespace
union all
select 'language', null, l.lanname, null, concat_ws('|',
           l.lanowner, l.lanacl, l.lanpltrusted, obj_description(l.oid, 'pg_language'))
from pg_language l
union all
select 'access method', null, a.amname, null,
       concat_ws('|', a.amhandler, a.amtype, obj_description(a.oid, 'pg_am'))
from pg_am a
union all
select 'event trigger', null, e.evtname, null, concat_ws('|',
           e.evtevent, e.evtowner, e.evtenabled, e.evttags, obj_description(e.oid, 'pg_event_trigger'))
from pg_event_trigger e where e.evtname not like 'watch\_%'
union all
select 'schema', null, n.name, null, concat_ws('|',
           p.nspowner, p.nspacl, obj_description(p.oid, 'pg_namespace'))
from namespace n join pg_namespace p on p.oid = n.oid
where n.name <> 'pg_temp'
union all
select 'extension', null, e.extname, null, concat_ws('|',
           e.extowner, e.extnamespace, e.extversion, obj_description(e.oid, 'pg_extension'),
           (select md5(string_agg(concat_ws(',', classid, objid), ';' order by classid, objid))
            from pg_depend where refclassid = 'pg_extension'::regclass and refobjid = e.oid
              and deptype = 'e'))
from pg_extension e
union all
select 'foreign-data wrapper', null, f.fdwname, null, concat_ws('|',
           f.fdwowner, f.fdwacl, f.fdwhandler, f.fdwvalidator, array_to_string(f.fdwoptions, ','),
           obj_description(f.oid, 'pg_foreign_data_wrapper'))
from pg_foreign_data_wrapper f
union all
select 'server', null, s.srvname, null, concat_ws('|',
           s.srvowner, s.srvacl, s.srvversion, array_to_string(s.srvoptions, ','),
           obj_description(s.oid, 'pg_foreign_server'))
from pg_foreign_server s
union all
select 'user mapping', null, s.srvname, case when u.umuser = 0 then 'public' else r.rolname end,
       array_to_string(u.umoptions, ',')
from pg_user_mapping u join pg_foreign_server s on s.oid = u.umserver
left join pg_roles r on r.oid = u.umuser
union all
select 'publication', null, p.pubname, null, concat_ws('|',
           p.pubowner, p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate,
           p.pubviaroot, obj_description(p.oid, 'pg_publication'))
from pg_publication p
union all
select 'publication relation', r.schema, r.relname, p.pubname, to_jsonb(pr)::text
from pg_publication_rel pr join pg_publication p on p.oid = pr.prpubid
join relation r on r.oid = pr.prrelid
union all
select 'default acl', n.name,
       'on ' || case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences'
                     when 'f' then 'functions' when 'T' then 'types' when 'n' then 'schemas' end,
       r.rolname, d.defaclacl::text
from pg_default_acl d left join namespace n on n.oid = d.defaclnamespace
join pg_roles r on r.oid = d.defaclrole
union all
select 'statistics object', n.name, s.stxname, null, concat_ws('|',
           s.stxowner, s.stxkeys, s.stxkind, to_jsonb(s) ->> 'stxstattarget',
           obj_description(s.oid, 'pg_statistic_ext'))
from pg_statistic_ext s join namespace n on n.oid = s.stxnamespace
union all
select 'large object', null, m.oid::text, null, concat_ws('|',
           m.lomowner, m.lomacl, obj_description(m.oid, 'pg_largeobject'))
from pg_largeobject_metadata m
