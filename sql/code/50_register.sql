-- Declaring an intent: one transaction from the text to the stored conflicts.

create or replace function coord._conflict_line(c coord.conflict, intent_id uuid) returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
select format('conflict %s with "%s" of %s (%s, %s): %s %s [%s, %s]',
    c.id, i.feature_name, i.agent_id, i.id, i.status, c.conflict_type,
    array_to_string(c.affected_objects, ', '), c.severity, c.outcome)
from coord.intent i
where i.id = case when c.intent_a = $2 then c.intent_b else c.intent_a end
$function$;
comment on function coord._conflict_line(coord.conflict, uuid) is
    'One stored conflict in one line, seen from one of its intents (internal)';

create or replace function coord._conflict_json(c coord.conflict) returns json
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
select json_build_object(
    'id', c.id, 'intent_a', c.intent_a, 'intent_b', c.intent_b,
    'conflict_type', c.conflict_type, 'affected_objects', c.affected_objects,
    'severity', c.severity, 'outcome', c.outcome, 'first_intent', c.first_intent,
    'resolution_suggestions', c.resolution_suggestions)
$function$;
comment on function coord._conflict_json(coord.conflict) is
    'One stored conflict for programs (internal)';

create or replace function coord._refuse_blocking(findings json, agent_id text, threshold text)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_lines text;
    v_json json;
begin
    select string_agg(format('"%s" of %s (%s, %s): %s %s [%s, %s]',
               f.feature_name, f.agent, f.intent_id, f.status, f.conflict_type,
               array_to_string(f.affected_objects, ', '), f.severity, f.outcome), e'\n'
               order by f.severity, f.intent_no),
           json_agg(json_build_object(
               'intent_id', f.intent_id, 'agent_id', f.agent, 'feature_name', f.feature_name,
               'status', f.status, 'conflict_type', f.conflict_type,
               'affected_objects', f.affected_objects, 'severity', f.severity,
               'outcome', f.outcome, 'resolution_suggestions', f.resolution_suggestions)
               order by f.severity, f.intent_no)
    into v_lines, v_json
    from coord._found_conflicts(findings, $2) f
    where not f.own and f.ignored_by is null
      and (f.severity = 'error' or threshold = 'warning');
    if v_json is not null then
        perform coord._raise('IC004',
            format('nothing was registered: %s of severity %s%s',
                case when json_array_length(v_json) = 1 then 'there is a conflict'
                     else format('there are %s conflicts', json_array_length(v_json)) end,
                threshold, case when threshold = 'warning' then ' or above' end),
            v_lines,
            'settle them first, change the plan, or register without refuse_on',
            v_json);
    end if;
end
$function$;
comment on function coord._refuse_blocking(json, text, text) is
    'Raises IC004 when there are conflicts at or above a severity (internal)';

create or replace function coord._store_conflicts(
    intent_id uuid, findings json, is_new boolean
) returns bigint[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
-- Returns those that are open, errors first. Those that are stored already, whatever became of
-- them, are not stored twice.
declare
    v_open bigint[];
begin
    with me as materialized (
        select i.id, i.intent_no, i.agent_id from coord.intent i where i.id = $1
    ), finding as materialized (
        select f.*, me.id as me, me.intent_no as my_no,
               case when f.outcome <> 'order' then null
                    when f.newcomer_first then me.id else f.intent_id end as first_intent
        from me, coord._found_conflicts($2, me.agent_id) f
    ), own as (
        insert into coord.own_order as o (first_no, then_no, found_by, affected_objects)
        select case when f.newcomer_first then f.my_no else f.intent_no end,
               case when f.newcomer_first then f.intent_no else f.my_no end,
               f.my_no, f.affected_objects
        from finding f
        where f.own and f.outcome = 'order'
        order by f.intent_no
        on conflict on constraint own_order_pkey do nothing
    ), stored as (
        insert into coord.conflict as c
            (intent_a, intent_b, conflict_type, affected_objects, severity, outcome, first_intent,
             rule, resolution_suggestions, ignored_by, created_at)
        select f.me, f.intent_id, f.conflict_type, f.affected_objects, f.severity, f.outcome,
               f.first_intent, f.rule, f.resolution_suggestions, f.ignored_by, clock_timestamp()
        from finding f
        where not f.own and (is_new or not exists (
            select from coord.conflict c
            where (c.intent_a, c.intent_b) in ((f.me, f.intent_id), (f.intent_id, f.me))
              and c.moot_at is null and c.conflict_type = f.conflict_type and c.outcome = f.outcome
              and c.affected_objects = f.affected_objects
              and c.first_intent is not distinct from f.first_intent))
        order by f.severity, f.intent_no, f.conflict_type
        returning c.id, c.severity, c.is_open
    )
    select array_agg(s.id order by s.severity, s.id) into v_open from stored s where s.is_open;
    return coalesce(v_open, '{}');
end
$function$;
comment on function coord._store_conflicts(uuid, json, boolean) is
    'Stores what detection found for an intent; returns the open ones (internal)';

create or replace function coord._counts(severity text) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
select severity = 'error' or coord._setting_of('conflicted_from') = 'warning'
$function$;
comment on function coord._counts(text) is
    'Whether an open conflict of that severity makes an intent conflicted (internal)';

create or replace function coord._register(
    agent_id text, feature_name text, changes text, change_list text[], tables_affected text[],
    risk_level text, estimated_duration_ms bigint, metadata jsonb, refuse_on text,
    search_path text, effective_path name[],
    out intent_id uuid, out branch_name text, out status text, out tables text[],
    out conflicts integer, out branch_hook regprocedure
)
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
as $function$
declare
    a record;
    v_agent text := btrim(agent_id);
    v_feature text := btrim(feature_name);
    v_risk text;
    v_refuse text;
    v_findings json;
    v_no bigint := nextval('coord.intent_no_seq');
    v_now timestamptz := clock_timestamp();
    v_open bigint[];
begin
    perform coord._check_name('agent_id', agent_id);
    perform coord._check_name('feature_name', feature_name);
    perform coord._authorise(v_agent);
    v_risk := coord._choice('risk_level', risk_level, '{low,medium,high}');
    if refuse_on is not null then
        v_refuse := coord._choice('refuse_on', refuse_on, '{warning,error}');
    end if;
    if estimated_duration_ms < 0 then
        perform coord._raise('22023', 'estimated_duration_ms must not be negative',
            format('given: %s', estimated_duration_ms), 'give milliseconds, or leave it out');
    end if;
    metadata := coord._check_metadata(metadata);

    a := coord._analyse(changes, change_list, search_path, effective_path, tables_affected,
        v_feature, coord._limits());
    if a.problem is not null then
        perform coord._raise(a.problem);
    end if;
    perform coord._lock_keys(a.keys, a.are_exclusive, a.are_containers);
    v_findings := coord._detect(v_no, v_agent, v_feature, a.keys, a.are_exclusive, a.touches,
        a.resolved_path);
    if v_refuse is not null then
        perform coord._refuse_blocking(v_findings, v_agent, v_refuse);
    end if;

    intent_id := gen_random_uuid();
    branch_name := coord.allocate_branch(v_feature);
    tables := a.tables;
    perform coord._insert_intent(
        intent_id, v_no, v_agent, v_feature, branch_name, a.statements, a.tables, a.tables_named,
        a.resolved_path, coalesce(estimated_duration_ms, 0), v_risk, metadata, v_now);
    perform coord._store_footprint(v_no, a.keys, a.are_exclusive, a.are_containers, a.touches);
    status := 'registered';
    conflicts := 0;
    if v_findings is not null then
        v_open := coord._store_conflicts(intent_id, v_findings, true);
        conflicts := cardinality(v_open);
    end if;
    if conflicts > 0 then
        -- Errors come first: when that one does not count, none does.
        if coord._counts((select c.severity from coord.conflict c where c.id = v_open[1])) then
            status := 'conflicted';
            update coord.intent i
            set status = 'conflicted',
                pending_event = jsonb_build_object('event', 'transition', 'changed_by', v_agent,
                    'reason', format('%s found at registration',
                        coord._count_of(conflicts, 'conflict')),
                    'details', jsonb_build_object('automatic', true))
            where i.id = _register.intent_id;
        end if;
        perform coord._warn_of_conflicts(intent_id, v_open);
        perform coord._notify_of_conflicts(intent_id, conflicts);
    end if;
    branch_hook := coord._branch_hook(branch_name);
end
$function$;
comment on function coord._register(text, text, text, text[], text[], text, bigint, jsonb, text,
    text, name[]) is 'Registers an intent, as the owner (internal)';

create or replace function coord._store_footprint(
    intent_no bigint, keys text[], are_exclusive boolean[], are_containers boolean[], touches text
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
begin
    delete from coord.intent_key k where k.intent_no = $1;
    insert into coord.intent_key (intent_no, key, is_exclusive, is_container, is_active)
    select $1, k.key, k.is_exclusive, k.is_container, true
    from unnest(keys, are_exclusive, are_containers) as k (key, is_exclusive, is_container);
    insert into coord.intent_footprint as f (intent_no, touches) values ($1, $5::json)
    on conflict on constraint intent_footprint_pkey
    do update set touches = excluded.touches, version = excluded.version;
end
$function$;
comment on function coord._store_footprint(bigint, text[], boolean[], boolean[], text) is
    'Stores, or replaces, what an active intent touches (internal)';

create or replace function coord._insert_intent(
    intent_id uuid, intent_no bigint, agent_id text, feature_name text, branch_name text,
    schema_changes text[], tables_affected text[], tables_declared text[], resolved_path text[],
    estimated_duration_ms bigint, risk_level text, metadata jsonb, registered_at timestamptz
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_history bigint := nextval('coord.intent_history_id_seq');
    v_role text := coord._caller();
    v_details jsonb := jsonb_build_object(
        'schema_changes', to_jsonb(schema_changes), 'tables_affected', to_jsonb(tables_affected));
    v_hash bytea := coord._history_hash(v_history, intent_id, 1, 'registered', null, 'registered',
        null, v_details, 'registered', agent_id, v_role, registered_at, null);
begin
    insert into coord.intent
        (id, intent_no, agent_id, feature_name, branch_name, schema_changes, tables_affected,
         tables_declared, search_path, estimated_duration_ms, risk_level, status, metadata,
         history_rows, history_hash, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'registered', $12, 1, v_hash, $13, $13);
    insert into coord.intent_history
        (id, intent_id, intent_row, event, old_status, new_status, conflict_id, details, reason,
         changed_by, session_role, changed_at, previous_hash, row_hash)
    values (v_history, $1, 1, 'registered', null, 'registered', null, v_details, 'registered',
            $3, v_role, $13, null, v_hash);
end
$function$;
comment on function coord._insert_intent(uuid, bigint, text, text, text, text[], text[], text[],
    text[], bigint, text, jsonb, timestamptz) is
    'Stores an intent with its first history row (internal)';

create or replace function coord._count_of(number bigint, word text) returns text
language sql immutable
set search_path = pg_catalog, pg_temp
return format('%s %s', number, case when number = 1 then word else word || 's' end);
comment on function coord._count_of(bigint, text) is '1 conflict, 2 conflicts (internal)';

create or replace function coord._warn_of_conflicts(intent_id uuid, conflicts bigint[]) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_shown integer := coord._setting_of('warnings_shown')::integer;
    v_line record;
begin
    for v_line in
        select format('%s conflict with "%s" of %s: %s [%s, %s]', c.conflict_type, i.feature_name,
                   i.agent_id, array_to_string(c.affected_objects, ', '), c.severity, c.outcome)
                   as message,
               format('conflict %s, intent %s, branch %s, %s', c.id, i.id, i.branch_name, i.status)
                   as detail,
               array_to_string(c.resolution_suggestions, e'\n') as hint
        -- One by one through the primary keys, whatever the statistics say (see backend.py).
        from unnest(conflicts[:v_shown]) with ordinality as f (id, place)
        cross join lateral (select c.* from coord.conflict c where c.id = f.id offset 0) c
        cross join lateral (select i.* from coord.intent i where i.id = c.intent_b offset 0) i
        order by f.place
    loop
        raise warning using message = coord._for_client(v_line.message),
            detail = coord._for_client(v_line.detail), hint = coord._for_client(v_line.hint);
    end loop;
    if cardinality(conflicts) > v_shown then
        raise warning using
            message = format('and %s with other intents',
                coord._count_of(cardinality(conflicts) - v_shown, 'more conflict')),
            hint = format('list them with: SELECT * FROM coord.conflicts_of(%L)', $1);
    end if;
end
$function$;
comment on function coord._warn_of_conflicts(uuid, bigint[]) is
    'Raises conflicts that were just found as warnings, in the order given (internal)';

-- So it was called until 0.1.0: by calls, too, that an update makes wait, and that end after it.
create or replace function coord._warn_of_conflicts(intent_id uuid, after_id bigint default 0)
returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $function$
select coord._warn_of_conflicts($1, array(
    select c.id from coord.conflict c
    where c.intent_a = $1 and c.is_open and c.id > $2 order by c.severity, c.id))
$function$;
comment on function coord._warn_of_conflicts(uuid, bigint) is
    'Raises the conflicts of an intent from a number on as warnings (internal)';

create or replace function coord._notify_of_conflicts(intent_id uuid, conflicts bigint)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_channel text := coord._setting_of('notify_channel');
begin
    if v_channel <> '' then
        perform pg_notify(v_channel, json_build_object(
            'event', 'conflict_detected', 'intent_id', intent_id, 'conflicts', conflicts)::text);
    end if;
end
$function$;
comment on function coord._notify_of_conflicts(uuid, bigint) is
    'Notifies the channel of the setting notify_channel, if any (internal)';

create or replace function coord._branch_hook(branch_name text) returns regprocedure
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_name text := nullif(coord._setting_of('branch_hook'), '');
begin
    if v_name is not null and to_regprocedure(v_name) is null then
        raise warning using
            message = format('branch hook %s does not exist', v_name),
            detail = format('the intent is registered, its branch is %s', branch_name),
            hint = 'create the branch by hand, and the function again, or change the setting '
                   'branch_hook';
    end if;
    return to_regprocedure(v_name);
end
$function$;
comment on function coord._branch_hook(text) is
    'The function that the setting branch_hook names; warns where it was dropped (internal)';

create or replace function coord._call_branch_hook(hook regprocedure, branch_name text) returns void
language plpgsql volatile
as $function$
-- With the caller's rights and path: a hook is the site's own function, and may do only what the
-- caller may. That it fails must not undo the registration.
begin
    execute pg_catalog.format('select %s($1)', hook::pg_catalog.oid::pg_catalog.regproc)
    using branch_name;
exception when others then
    raise warning using
        message = pg_catalog.format('branch hook %s failed: %s', hook, sqlerrm),
        detail = pg_catalog.format('SQLSTATE %s; the intent is registered, its branch is %s',
            sqlstate, branch_name),
        hint = 'create the branch by hand, and mend the function that the setting branch_hook names';
end
$function$;
comment on function coord._call_branch_hook(regprocedure, text) is
    'Calls the function that the setting branch_hook names (internal)';

create or replace function coord._declare(
    agent_id text, feature_name text, changes text, change_list text[], declared text[],
    risk_level text, estimated_duration_ms bigint, metadata jsonb, refuse_on text,
    search_path text, effective_path name[],
    out intent_id uuid, out branch_name text, out status text, out tables text[],
    out conflicts integer
)
language plpgsql volatile
as $function$
declare
    r record;
begin
    r := coord._register(agent_id, feature_name, changes, change_list, declared, risk_level,
        estimated_duration_ms, metadata, refuse_on, search_path, effective_path);
    if r.branch_hook is not null then
        perform coord._call_branch_hook(r.branch_hook, r.branch_name);
    end if;
    intent_id := r.intent_id;
    branch_name := r.branch_name;
    status := r.status;
    tables := r.tables;
    conflicts := r.conflicts;
end
$function$;
comment on function coord._declare(text, text, text, text[], text[], text, bigint, jsonb, text,
    text, name[]) is
    'Registers as the owner, then calls the branch hook as the caller (internal)';

create or replace function coord.register_intent(
    agent_id text, feature_name text, schema_changes text, tables_affected text[] default null,
    risk_level text default 'low', estimated_duration_ms bigint default 0,
    metadata jsonb default '{}', refuse_on text default null, search_path text default null,
    out intent_id uuid, out branch_name text, out status text, out tables_affected text[],
    out conflicts integer
)
language sql volatile
as $function$
select r.intent_id, r.branch_name, r.status, r.tables, r.conflicts
from coord._declare($1, $2, $3, null, $4, $5, $6, $7, $8, $9, pg_catalog.current_schemas(false)) r
$function$;
comment on function coord.register_intent(text, text, text, text[], text, bigint, jsonb, text,
    text) is
    'Declares a script that an agent plans to run: stores the intent and its conflicts with every '
    'active one, and warns of them. Names resolve through the caller''s search_path, unless one '
    'is given';

create or replace function coord.register_intent(
    agent_id text, feature_name text, schema_changes text[], tables_affected text[] default null,
    risk_level text default 'low', estimated_duration_ms bigint default 0,
    metadata jsonb default '{}', refuse_on text default null, search_path text default null,
    out intent_id uuid, out branch_name text, out status text, out tables_affected text[],
    out conflicts integer
)
language sql volatile
as $function$
select r.intent_id, r.branch_name, r.status, r.tables, r.conflicts
from coord._declare($1, $2, null, $3, $4, $5, $6, $7, $8, $9, pg_catalog.current_schemas(false)) r
$function$;
comment on function coord.register_intent(text, text, text[], text[], text, bigint, jsonb, text,
    text) is
    'Declares statements that an agent plans to run: stores the intent and its conflicts with every '
    'active one, and warns of them. Names resolve through the caller''s search_path, unless one '
    'is given';
