-- Detecting again: when a plan changes, when work begins, and when somebody asks.

create or replace function coord._redetect(
    intent_id uuid, new_changes text[], actor text, reason text,
    new_declared text[] default null, new_path name[] default null
) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $function$
-- Returns how many open conflicts there are. Without new changes the stored plan is analysed
-- again, since the catalog may have changed.
declare
    v_intent coord.intent := coord._check_intent(intent_id);
    a record;
    v_findings json;
    v_revision integer;
    v_kept bigint[];
    v_freed uuid[];
    v_new bigint[];
begin
    loop
        a := coord._analyse(null, coalesce(new_changes, v_intent.schema_changes),
            null, coalesce(new_path, v_intent.search_path::name[]),
            coalesce(new_declared, v_intent.tables_declared), v_intent.feature_name,
            coord._limits());
        if a.problem is not null then
            perform coord._raise(a.problem);
        end if;
        perform coord._lock_plan(v_intent.intent_no, a.keys, a.are_exclusive, a.are_containers);
        v_revision := v_intent.revision;
        v_intent := coord._check_intent(intent_id);
        -- Somebody amended it while we waited: what was analysed is not the plan any more.
        exit when v_intent.revision = v_revision;
    end loop;
    v_findings := coord._detect(v_intent.intent_no, v_intent.agent_id, v_intent.feature_name,
        a.keys, a.are_exclusive, a.touches, a.resolved_path);
    perform coord._lock_intents(array(
        select $1
        union
        select case when c.intent_a = $1 then c.intent_b else c.intent_a end
        from coord.conflict c where c.is_open and $1 in (c.intent_a, c.intent_b)));
    v_intent := coord._check_intent(intent_id);
    if not (select s.is_active from coord.status s where s.status = v_intent.status) then
        return 0;  -- it ended while we waited; whoever called says what that means
    end if;

    perform coord._store_footprint(v_intent.intent_no, a.keys, a.are_exclusive, a.are_containers,
        a.touches);
    delete from coord.own_order o
    where v_intent.intent_no in (o.first_no, o.then_no);

    select array_agg(c.id) into v_kept
    from coord.conflict c
    join coord._found_conflicts(v_findings, v_intent.agent_id) f
      on f.intent_id = case when c.intent_a = $1 then c.intent_b else c.intent_a end
     and f.conflict_type = c.conflict_type and f.outcome = c.outcome
     and f.affected_objects = c.affected_objects
     and c.first_intent is not distinct from case when f.outcome = 'order'
         then case when f.newcomer_first then $1 else f.intent_id end end
    where $1 in (c.intent_a, c.intent_b) and c.moot_at is null;
    v_freed := coord._moot_conflicts(intent_id,
        case when new_changes is null then 'it is no longer found' else 'the plan was amended' end,
        coalesce(v_kept, '{}') || array(
            -- the other side has ended by merging: what it changed is in the schema now
            select c.id from coord.conflict c
            join coord.intent i on i.id = case when c.intent_a = $1 then c.intent_b else c.intent_a end
            join coord.status s on s.status = i.status
            where new_changes is null and not s.is_active and $1 in (c.intent_a, c.intent_b)));
    v_new := coord._store_conflicts(intent_id, v_findings, false);

    if new_changes is not null then
        update coord.intent i
        set schema_changes = a.statements, tables_affected = a.tables,
            tables_declared = a.tables_named, search_path = a.resolved_path, revision = i.revision + 1,
            pending_event = jsonb_build_object('event', 'amended', 'changed_by', actor,
                'reason', _redetect.reason, 'details', jsonb_build_object(
                    'schema_changes', to_jsonb(a.statements),
                    'schema_changes_before', to_jsonb(i.schema_changes),
                    'tables_affected', to_jsonb(a.tables)))
        where i.id = $1;
    elsif cardinality(v_new) > 0 or cardinality(v_freed) > 0 then
        update coord.intent i
        set tables_affected = a.tables,
            pending_event = jsonb_build_object('event', 'rechecked', 'changed_by', actor,
                'reason', _redetect.reason, 'details', jsonb_build_object(
                    'conflicts_found', to_jsonb(v_new)))
        where i.id = $1;
    end if;
    perform coord._mark_conflicted(intent_id, v_new, actor, reason);
    if new_changes is not null or cardinality(v_freed) > 0 then
        perform coord._settle(v_freed || intent_id, reason);
    end if;
    perform coord._warn_of_conflicts(intent_id, v_new);
    return (select count(*) from coord.conflict c
            where c.is_open and $1 in (c.intent_a, c.intent_b));
end
$function$;
comment on function coord._redetect(uuid, text[], text, text, text[], name[]) is
    'Analyses an intent again, closes what is gone and records what is new (internal)';

create or replace function coord._lock_plan(
    intent_no bigint, keys text[], are_exclusive boolean[], are_containers boolean[]
) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- The old keys too: whoever found us by one of them must not overlook that we are leaving it.
select coord._lock_keys(
    array_agg(k.key), array_agg(k.is_exclusive), array_agg(k.is_container))
from (
    select k.key, bool_or(k.is_exclusive) as is_exclusive, bool_or(k.is_container) as is_container
    from (
        select * from unnest(keys, are_exclusive, are_containers)
            as n (key, is_exclusive, is_container)
        union all
        select o.key, o.is_exclusive, o.is_container
        from coord.intent_key o where o.intent_no = $1
    ) k
    group by k.key
) k
$function$;
comment on function coord._lock_plan(bigint, text[], boolean[], boolean[]) is
    'Locks the keys that an intent has and those that it is going to have (internal)';

create or replace function coord._mark_conflicted(
    intent_id uuid, new_conflicts bigint[], actor text, reason text
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- New conflicts make a declared intent conflicted; one that is being worked on, or done, only when
-- one of them is an error.
declare
    v_status text := (select i.status from coord.intent i where i.id = $1);
begin
    if exists (select from coord.conflict c
               where c.id = any (new_conflicts)
                 and case when v_status = 'registered' then coord._counts(c.severity)
                          else c.severity = 'error' end)
       and exists (select from coord.status_transition t
                   where t.old_status = v_status and t.new_status = 'conflicted')
    then
        update coord.intent i
        set status = 'conflicted',
            pending_event = jsonb_build_object('event', 'transition', 'changed_by', actor,
                'reason', format('%s found: %s',
                    coord._count_of(cardinality(new_conflicts), 'conflict'), _mark_conflicted.reason),
                'details', jsonb_build_object('automatic', true))
        where i.id = $1;
    end if;
end
$function$;
comment on function coord._mark_conflicted(uuid, bigint[], text, text) is
    'Moves an intent to conflicted where its new conflicts ask for it (internal)';

create or replace function coord._recheck(intent_id uuid, actor text) returns integer
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_intent coord.intent := coord._check_intent(intent_id);
begin
    perform coord._authorise(v_intent.agent_id);
    perform coord._check_active(v_intent, 'recheck');
    return coord._redetect(intent_id, null, coord._actor(actor), 'rechecked');
end
$function$;
comment on function coord._recheck(uuid, text) is 'Detects again, as the owner (internal)';

create or replace function coord._check_active(intent coord.intent, what text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
begin
    if not (select s.is_active from coord.status s where s.status = intent.status) then
        perform coord._raise('IC002', format('cannot %s an intent that is %s', what, intent.status),
            format('intent %s', intent.id), 'register a new intent');
    end if;
end
$function$;
comment on function coord._check_active(coord.intent, text) is
    'Raises IC002 for an intent that has ended (internal)';

create or replace function coord.recheck(intent_id uuid, changed_by text default null)
returns integer
language sql volatile
as $function$ select coord._recheck($1, $2) $function$;
comment on function coord.recheck(uuid, text) is
    'Detects again against what is active and in the catalog now; returns the number of open '
    'conflicts';

create or replace function coord._amend(
    intent_id uuid, changes text, change_list text[], tables_affected text[], reason text,
    changed_by text, search_path text, effective_path name[],
    out status text, out tables text[], out conflicts integer
)
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_intent coord.intent := coord._check_intent(intent_id);
    v_actor text := coord._actor(changed_by);
    a record;
begin
    perform coord._authorise(v_intent.agent_id);
    perform coord._check_text('reason', reason);
    perform coord._check_active(v_intent, 'amend');
    a := coord._analyse(changes, change_list, search_path, effective_path,
        coalesce(tables_affected, v_intent.tables_declared), v_intent.feature_name, coord._limits());
    if a.problem is not null then
        perform coord._raise(a.problem);
    end if;
    conflicts := coord._redetect(intent_id, a.statements, v_actor, coalesce(reason, 'amended'),
        a.tables_named, a.resolved_path::name[]);
    v_intent := coord._check_intent(intent_id);
    perform coord._check_active(v_intent, 'amend');
    status := v_intent.status;
    tables := v_intent.tables_affected;
end
$function$;
comment on function coord._amend(uuid, text, text[], text[], text, text, text, name[]) is
    'Replaces the plan of an intent, as the owner (internal)';

create or replace function coord.amend_intent(
    intent_id uuid, schema_changes text, tables_affected text[] default null,
    reason text default 'amended', changed_by text default null, search_path text default null,
    out status text, out tables_affected text[], out conflicts integer
)
language sql volatile
as $function$
select a.status, a.tables, a.conflicts
from coord._amend($1, $2, null, $3, $4, $5, $6, pg_catalog.current_schemas(false)) a
$function$;
comment on function coord.amend_intent(uuid, text, text[], text, text, text) is
    'Replaces the plan of an active intent: footprint and conflicts follow, history says so. Names '
    'resolve through the caller''s search_path, unless one is given';

create or replace function coord.amend_intent(
    intent_id uuid, schema_changes text[], tables_affected text[] default null,
    reason text default 'amended', changed_by text default null, search_path text default null,
    out status text, out tables_affected text[], out conflicts integer
)
language sql volatile
as $function$
select a.status, a.tables, a.conflicts
from coord._amend($1, null, $2, $3, $4, $5, $6, pg_catalog.current_schemas(false)) a
$function$;
comment on function coord.amend_intent(uuid, text[], text[], text, text, text) is
    'Replaces the plan of an active intent: footprint and conflicts follow, history says so. Names '
    'resolve through the caller''s search_path, unless one is given';
