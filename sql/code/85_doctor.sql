-- Is everything in place? What an administrator asks after an installation, an upgrade, a restore.

create or replace function coord._guard_triggers(
    out relation regclass, out trigger_name name, out problem text, out mending text
) returns setof record
language sql stable
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $function$
-- pg_restore --disable-triggers, for one, leaves ENABLE ALWAYS triggers as ordinary ones.
select to_regclass(g.relation), g.trigger_name,
       case when t.tgenabled is null then 'is missing'
            when pg_get_triggerdef(t.oid) <> d.definition then 'is not the one that was installed'
            when t.tgenabled = 'D' then 'is disabled'
            when not c.relhastriggers then 'does not fire: pg_class says that there is none'
            else 'does not fire under session_replication_role = replica' end,
       case when pg_get_triggerdef(t.oid) = d.definition and c.relhastriggers then ''
            else replace(d.definition, 'CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER') || '; ' end
       || format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', g.relation, g.trigger_name)
from (values
    ('coord.intent', 'intent_100_guard', 'BEFORE UPDATE', 'ROW', '_guard_intent()'),
    ('coord.intent', 'intent_100_refuse_delete', 'BEFORE DELETE', 'ROW',
     '_refuse_intent_removal()'),
    ('coord.intent', 'intent_100_refuse_truncate', 'BEFORE TRUNCATE', 'STATEMENT',
     '_refuse_intent_removal()'),
    ('coord.intent', 'intent_500_follow', 'AFTER UPDATE OF status',
     'ROW WHEN ((new.status IS DISTINCT FROM old.status))', '_follow_transition()'),
    ('coord.intent_history', 'intent_history_100_refuse_row', 'BEFORE DELETE OR UPDATE', 'ROW',
     $$_refuse_history_change('history')$$),
    ('coord.intent_history', 'intent_history_100_refuse_truncate', 'BEFORE TRUNCATE', 'STATEMENT',
     $$_refuse_history_change('history')$$),
    ('coord.archived_history', 'archived_history_100_refuse_row', 'BEFORE DELETE OR UPDATE', 'ROW',
     $$_refuse_history_change('the archive of history')$$),
    ('coord.archived_history', 'archived_history_100_refuse_truncate', 'BEFORE TRUNCATE',
     'STATEMENT', $$_refuse_history_change('the archive of history')$$)
) as g (relation, trigger_name, event, level, call)
cross join lateral format('CREATE TRIGGER %I %s ON %s FOR EACH %s EXECUTE FUNCTION coord.%s',
    g.trigger_name, g.event, g.relation, g.level, g.call) as d (definition)
left join pg_trigger t
    on t.tgrelid = to_regclass(g.relation) and t.tgname = g.trigger_name and not t.tgisinternal
left join pg_class c on c.oid = t.tgrelid
where t.tgenabled is distinct from 'A' or pg_get_triggerdef(t.oid) <> d.definition
   or not c.relhastriggers
$function$;
comment on function coord._guard_triggers() is
    'Guard triggers that do not guard, with the statement that mends each (internal)';

create or replace function coord._foreign_writers(out problem text) returns setof text
language sql stable
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $function$
-- What acts before a row of history is written, or in its place, can write something else, with
-- every hash right. What acts afterwards cannot.
select format('trigger %I on %s acts before history is written, and may have something else '
              'written; where it is meant to be there, make it an AFTER trigger; mend it with: '
              'DROP TRIGGER %I ON %s', t.tgname, g.relation, t.tgname, g.relation)
from (values ('coord.intent', 16), ('coord.intent_history', 4), ('coord.archived_history', 4))
    as g (relation, event)  -- of pg_trigger.tgtype: 2 is BEFORE, 4 INSERT, 16 UPDATE
join pg_trigger t on t.tgrelid = to_regclass(g.relation)
where not t.tgisinternal and t.tgenabled <> 'D' and t.tgtype & 2 > 0 and t.tgtype & g.event > 0
  and t.tgname <> 'intent_100_guard'
union all
select format('rule %I on %s acts in place of what history is written with; mend it with: '
              'DROP RULE %I ON %s', r.rulename, g.relation, r.rulename, g.relation)
from (values ('coord.intent', '2'), ('coord.intent', '3'), ('coord.intent_history', '3'),
             ('coord.archived_history', '3')) as g (relation, event)  -- 2 is UPDATE, 3 INSERT
join pg_rewrite r on r.ev_class = to_regclass(g.relation) and r.ev_type = g.event::"char"
where r.ev_enabled <> 'D'
$function$;
comment on function coord._foreign_writers() is
    'Triggers and rules that could change what is being written into history (internal)';

create or replace function coord._footprint_problems(out problem text) returns setof text
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
select format('intent %s ', i.id) || case
    when k.intent_no is null then
        format('has no footprint, so registrations do not meet it; mend it with: '
               'SELECT coord.recheck(%L)', i.id)
    when s.is_active then
        format('is active, but its footprint counts as ended; mend it with: '
               'SELECT coord.recheck(%L)', i.id)
    else
        format('has ended, but its footprint counts as active; mend it with: '
               'UPDATE coord.intent_key SET is_active = false WHERE intent_no = %s', i.intent_no)
    end
from coord.intent i
join coord.status s on s.status = i.status
left join (select k.intent_no, bool_and(k.is_active) as all_active, bool_or(k.is_active) as some_active
           from coord.intent_key k group by k.intent_no) k on k.intent_no = i.intent_no
where (s.is_active and k.all_active is not true) or (not s.is_active and k.some_active)
$function$;
comment on function coord._footprint_problems() is
    'Intents that detection does not see as what they are, with what mends each (internal)';

create or replace function coord._privilege_problems(out problem text) returns setof text
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
-- ALTER DEFAULT PRIVILEGES, for one, gives rights on every new table, these too.
with grantee as (
    select coalesce(quote_ident(r.rolname), 'PUBLIC') as name,
           string_agg(distinct p.privilege_type, ', ' order by p.privilege_type) as rights
    from pg_class c
    cross join lateral aclexplode(c.relacl) p
    left join pg_roles r on r.oid = p.grantee
    where c.relnamespace = 'coord'::regnamespace and c.relkind in ('r', 'v')
      and p.grantee <> c.relowner and r.rolsuper is not true
      and p.privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')
    group by r.rolname
)
select format('%s may write tables of schema coord (%s), which only their owner should; mend it with: '
              'REVOKE %s ON ALL TABLES IN SCHEMA coord FROM %s', g.name, g.rights, g.rights, g.name)
from grantee g order by g.name
$function$;
comment on function coord._privilege_problems() is
    'Who may write the tables besides their owner, with what mends it (internal)';

create or replace function coord._function_problems(out problem text) returns setof text
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
-- The guards are as good as the functions that they call: each is compared with what the installed
-- version brought. Whoever can change those can change this one too; a dump that is restored into
-- a fresh installation, and verified there, does not depend on either.
with ours (name, body, security_definer, settings) as (
    values
{{functions}}
), there as (
    select p.proname::text as name, p.oid::regprocedure as signature,
           case when p.prosqlbody is null
                then encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex') end as body,
           p.prosecdef as security_definer, p.proconfig as settings
    from pg_proc p
    where p.pronamespace = 'coord'::regnamespace and p.proname <> '_function_problems'
)
select format('function %s %s; where nobody did that on purpose, nothing here can be trusted:'
              ' restore a dump into a fresh installation, and verify it there', f.name, f.problem)
from (
    select t.signature::text as name, case when exists (select from ours o where o.name = t.name)
                              then 'is not the one that was installed'
                              else 'does not belong to this version' end as problem
    from there t
    where not exists (
        select from ours o
        where o.name = t.name and o.body is not distinct from t.body
          and o.security_definer = t.security_definer
          and o.settings is not distinct from t.settings)
    union all
    select 'coord.' || o.name, 'is missing' from ours o
    where not exists (
        select from there t where t.name = o.name and t.body is not distinct from o.body)
      and (select count(*) from there t where t.name = o.name)
          < (select count(*) from ours n where n.name = o.name)
) f
order by f.name
$function$;
comment on function coord._function_problems() is
    'Functions of the schema that are not what this version brought (internal)';

create or replace function coord.detector_check()
returns table (
    version text, pglast text, pglast_supported text, grammar text, python text, libc text,
    path text, backend boolean, deep_bind boolean, safe boolean, problems text[]
)
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    d record := coord._detector_facts();
begin
    return query
        select coord.version(), f.pglast, f.pglast_supported, f.grammar, f.python, f.libc, f.path,
               f.backend, f.deep_bind, coalesce(f.safe, false),
               array(select concat_ws('; ', d.problem[2], nullif(d.problem[3], ''), d.problem[4])
                     where d.problem is not null)
               || array(select format('trigger %s on %s %s; mend it with: %s',
                            g.trigger_name, g.relation, g.problem, g.mending)
                        from coord._guard_triggers() g)
               || array(select w.problem from coord._foreign_writers() w)
               || array(select f.problem from coord._footprint_problems() f)
               || array(select p.problem from coord._privilege_problems() p)
               || array(select p.problem from coord._function_problems() p)
        from json_to_record(coalesce(d.facts, '{}')) as f (
            pglast text, pglast_supported text, grammar text, python text, libc text, path text,
            backend boolean, deep_bind boolean, safe boolean);
end
$function$;
comment on function coord.detector_check() is
    'Whether the parser is safely loaded and the guards are in place: the facts, and every problem '
    'with what mends it';
