-- From changes to conflicts with what is active. Registering, checking, amending and rechecking
-- all come through here; only the first, third and fourth lock and write.

create or replace function coord._analyse(
    changes text, change_list text[], search_path text, effective_path name[],
    tables_declared text[], feature_name text, limits integer[],
    out problem text[], out statements text[], out resolved_path text[], out tables text[],
    out tables_named text[], out keys text[], out are_exclusive boolean[],
    out are_containers boolean[], out touches text
)
language plpython3u stable
set plan_cache_mode = force_generic_plan
set jit = off
set quote_all_identifiers = off
as $function$
{{detector}}
return detector.analyse(changes, change_list, search_path, effective_path, tables_declared,
                        feature_name, limits)
$function$;
comment on function coord._analyse(text, text[], text, name[], text[], text, integer[]) is
    'Changes to statements, tables, keys and touches; or the problem in the way (internal)';

create or replace function coord._detect(
    intent_no bigint, agent_id text, feature_name text, keys text[], are_exclusive boolean[],
    touches text, resolved_path text[]
) returns json
language plpython3u volatile
-- By index only, whatever the statistics say: a plan made while the tables were empty would
-- otherwise be kept by a session in which they grow.
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
set quote_all_identifiers = off
as $function$
{{detector}}
return detector.detect(
    intent_no, agent_id, feature_name, keys, are_exclusive, touches, resolved_path)
$function$;
comment on function coord._detect(bigint, text, text, text[], boolean[], text, text[]) is
    'The conflicts of a footprint with every active intent that shares a key as JSON; null when '
    'there are none (internal)';

create or replace function coord._found_conflicts(findings json, agent_id text)
returns table (
    intent_id uuid, intent_no bigint, agent text, feature_name text, branch_name text, status text,
    conflict_type text, severity text, outcome text, affected_objects text[], newcomer_first boolean,
    rule text, resolution_suggestions text[], own boolean, ignored_by bigint
)
language sql stable
as $function$
-- No SET, or the planner could not put this in place of the call; those who call it have a fixed
-- path. Nobody's status is read again: whoever ends an intent takes its keys first, and they are ours.
select f.*,
       (select r.id from coord.ignore_rule r
        where (r.expires_at is null or r.expires_at > pg_catalog.statement_timestamp())
          and (r.conflict_type is null or r.conflict_type = f.conflict_type)
          and (r.rule is null or r.rule = f.rule)
          and (r.agent_id is null or r.agent_id in ($2, f.agent))
          and (r.object_name is null or not exists (
                  select from pg_catalog.unnest(f.affected_objects) o
                  where o operator(pg_catalog.!~~) r.object_name))
        order by r.id limit 1)
from pg_catalog.json_to_recordset($1) as f (
    intent_id uuid, intent_no bigint, agent text, feature_name text, branch_name text, status text,
    conflict_type text, severity text, outcome text, affected_objects text[], newcomer_first boolean,
    rule text, resolution_suggestions text[], own boolean)
$function$;
comment on function coord._found_conflicts(json, text) is
    'What the detector found, with the ignore rule that matches (internal)';

create or replace function coord._check_rows(
    agent_id text, feature_name text, changes text, change_list text[], tables_affected text[],
    search_path text, effective_path name[]
) returns table (
    intent_id uuid, other_agent_id text, other_feature_name text, status text, conflict_type text,
    severity text, outcome text, affected_objects text[], first_side text,
    resolution_suggestions text[]
)
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
    a record;
    v_findings json;
begin
    perform coord._check_name('agent_id', agent_id);
    perform coord._check_name('feature_name', feature_name);
    a := coord._analyse(changes, change_list, search_path, effective_path, tables_affected,
        btrim(feature_name), coord._limits());
    if a.problem is not null then
        perform coord._raise(a.problem);
    end if;
    v_findings := coord._detect(null, btrim(agent_id), btrim(feature_name), a.keys,
        a.are_exclusive, a.touches, a.resolved_path);
    if v_findings is null then
        return;
    end if;
    return query
        select f.intent_id, f.agent, f.feature_name, f.status, f.conflict_type, f.severity,
               f.outcome, f.affected_objects,
               case when f.outcome = 'order' then case when f.newcomer_first then 'a' else 'b' end end,
               f.resolution_suggestions
        from coord._found_conflicts(v_findings, btrim(agent_id)) f
        where not f.own and f.ignored_by is null
        order by f.severity, f.intent_no, f.conflict_type;
end
$function$;
comment on function coord._check_rows(text, text, text, text[], text[], text, name[]) is
    'The conflicts that registering would record (internal)';

create or replace function coord.check_intent(
    agent_id text, feature_name text, schema_changes text, tables_affected text[] default null,
    search_path text default null
) returns table (
    intent_id uuid, agent_id text, feature_name text, status text, conflict_type text,
    severity text, outcome text, affected_objects text[], first_side text,
    resolution_suggestions text[]
)
language sql volatile
as $function$
select * from coord._check_rows($1, $2, $3, null, $4, $5, pg_catalog.current_schemas(false))
$function$;
comment on function coord.check_intent(text, text, text, text[], text) is
    'The conflicts that registering this script would record; writes nothing. Names resolve '
    'through the caller''s search_path, unless one is given';

create or replace function coord.check_intent(
    agent_id text, feature_name text, schema_changes text[], tables_affected text[] default null,
    search_path text default null
) returns table (
    intent_id uuid, agent_id text, feature_name text, status text, conflict_type text,
    severity text, outcome text, affected_objects text[], first_side text,
    resolution_suggestions text[]
)
language sql volatile
as $function$
select * from coord._check_rows($1, $2, null, $3, $4, $5, pg_catalog.current_schemas(false))
$function$;
comment on function coord.check_intent(text, text, text[], text[], text) is
    'The conflicts that registering these statements would record; writes nothing. Names resolve '
    'through the caller''s search_path, unless one is given';
