-- Conflicts after they were found: listing, reviewing, ignoring, becoming moot.

create or replace function coord.conflicts_of(intent_id uuid) returns setof coord.conflict
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
    perform coord._check_intent(intent_id);
    return query select * from coord.conflict c
        where c.intent_a = $1 or c.intent_b = $1 order by c.is_open desc, c.severity, c.id;
end
$function$;
comment on function coord.conflicts_of(uuid) is
    'The conflicts of an intent, whichever side it is on: open ones and errors first';

create or replace function coord._check_intent(intent_id uuid) returns coord.intent
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_intent coord.intent;
begin
    if intent_id is null then
        perform coord._raise('22004', 'intent_id must not be null', null,
            'give the id that coord.register_intent() returned');
    end if;
    select * into v_intent from coord.intent i where i.id = $1;
    if not found then
        perform coord._raise('IC001', format('intent %s does not exist', intent_id), null,
            'list the intents with: SELECT id, agent_id, feature_name, status FROM coord.intent');
    end if;
    return v_intent;
end
$function$;
comment on function coord._check_intent(uuid) is 'The intent, or IC001 (internal)';

create or replace function coord._settle(intents uuid[], reason text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- Conflicted intents whose last open conflict was closed return to the status they had before.
declare
    v_intent record;
begin
    if cardinality(intents) = 0 then
        return;
    end if;
    perform coord._lock_intents(intents);
    for v_intent in
        select i.id, coord._status_after_conflict(i.status_before_conflict) as returns_to,
               exists (select from coord.conflict c
                       where c.is_open and i.id in (c.intent_a, c.intent_b)
                         and coord._counts(c.severity)) as stays
        from coord.intent i
        where i.id = any (intents) and i.status = 'conflicted'
        order by i.id
    loop
        if v_intent.stays then
            -- Whoever closes the rest with an older snapshot would not see what was closed here,
            -- and leave it conflicted as well. Finding the row changed, it gets 40001 instead.
            update coord.intent i set updated_at = i.updated_at where i.id = v_intent.id;
            continue;
        end if;
        update coord.intent i
        set status = v_intent.returns_to,
            pending_event = jsonb_build_object('event', 'transition',
                'reason', format('no open conflict is left: %s', _settle.reason),
                'details', jsonb_build_object('automatic', true))
        where i.id = v_intent.id;
    end loop;
end
$function$;
comment on function coord._settle(uuid[], text) is
    'Returns conflicted intents without an open conflict to their earlier status (internal)';

create or replace function coord._status_after_conflict(status_before text) returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
-- The status before where that is a legal move; else the active status that both lead to (what was
-- completed goes back to work); else registered, which every intent began with.
select coalesce(
    (select t.new_status from coord.status_transition t
     where t.old_status = 'conflicted' and t.new_status = $1),
    (select t.new_status
     from coord.status_transition t
     join coord.status_transition b on b.new_status = t.new_status and b.old_status = $1
     join coord.status s on s.status = t.new_status and s.is_active
     where t.old_status = 'conflicted' and t.new_status <> 'registered'
     order by t.new_status limit 1),
    'registered')
$function$;
comment on function coord._status_after_conflict(text) is
    'Where a conflicted intent goes when nothing is open any more (internal)';

create or replace function coord._moot_conflicts(
    intent_id uuid, reason text, kept bigint[] default '{}'
) returns uuid[]
language sql volatile
set search_path = pg_catalog, pg_temp
as $function$
with closed as (
    update coord.conflict c
    set moot_at = clock_timestamp(), moot_reason = $2
    where c.is_open and $1 in (c.intent_a, c.intent_b) and not c.id = any ($3)
    returning case when c.intent_a = $1 then c.intent_b else c.intent_a end as partner
)
select coalesce(array_agg(distinct partner), '{}') from closed
$function$;
comment on function coord._moot_conflicts(uuid, text, bigint[]) is
    'Closes the open conflicts of an intent as moot; returns the other sides (internal)';

create or replace function coord.resolve_conflict(
    conflict_id bigint, notes text, severity text default null, reviewed_by text default null
) returns coord.conflict
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
    v_conflict coord.conflict;
    v_severity text;
    v_actor text;
    v_details jsonb;
begin
    if conflict_id is null then
        perform coord._raise('22004', 'conflict_id must not be null', null,
            'give the id of a row of coord.conflict');
    elsif notes is null or btrim(notes) = '' then
        perform coord._raise(case when notes is null then '22004' else '22023' end,
            'notes must say what was agreed', null,
            'for example: ''applied one after the other, payments first''');
    end if;
    perform coord._check_text('notes', notes);
    if severity is not null then
        v_severity := coord._choice('severity', severity, '{warning,error}');
    end if;
    select * into v_conflict from coord.conflict c where c.id = $1;
    if not found then
        perform coord._raise('IC005', format('conflict %s does not exist', conflict_id), null,
            'list the open ones with: SELECT * FROM coord.conflict WHERE is_open');
    end if;
    v_actor := coord._actor(reviewed_by);
    perform coord._authorise_review(v_conflict);

    perform coord._lock_intents(array[v_conflict.intent_a, v_conflict.intent_b]);
    select * into v_conflict from coord.conflict c where c.id = $1 for no key update;
    v_details := jsonb_build_object(
        'notes', notes, 'severity_before', v_conflict.severity,
        'severity', coalesce(v_severity, v_conflict.severity), 'reviewed_before', v_conflict.reviewed);
    update coord.conflict c
    set reviewed = true, reviewed_at = clock_timestamp(), reviewed_by = v_actor,
        resolution_notes = $2, severity = coalesce(v_severity, c.severity)
    where c.id = $1
    returning * into v_conflict;
    update coord.intent i
    set pending_event = jsonb_build_object('event', 'reviewed', 'conflict_id', v_conflict.id,
        'details', v_details, 'reason', $2, 'changed_by', v_actor)
    where i.id in (v_conflict.intent_a, v_conflict.intent_b);
    perform coord._settle(array[v_conflict.intent_a, v_conflict.intent_b],
        format('conflict %s was reviewed', v_conflict.id));
    return v_conflict;
end
$function$;
comment on function coord.resolve_conflict(bigint, text, text, text) is
    'Records that a conflict was reviewed, by whom and with what result; that closes it';

create or replace function coord._authorise_review(conflict coord.conflict) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
-- Either side may review, and any reviewer.
declare
    v_a text := (select i.agent_id from coord.intent i where i.id = conflict.intent_a);
    v_b text := (select i.agent_id from coord.intent i where i.id = conflict.intent_b);
begin
    if not coord._may_act_for(v_a) and not coord._may_act_for(v_b) then
        perform coord._authorise(v_a);
    end if;
end
$function$;
comment on function coord._authorise_review(coord.conflict) is
    'Raises 42501 unless the caller may act for one of the two sides (internal)';

create or replace function coord.ignore(
    reason text, conflict_type text default null, object_name text default null,
    rule text default null, agent_id text default null, expires_at timestamptz default null
) returns bigint
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_id bigint;
begin
    perform coord._authorise_reviewer('silence conflicts');
    if btrim(coalesce(reason, '')) = '' then
        perform coord._raise(case when reason is null then '22004' else '22023' end,
            'an ignore rule needs a reason', null, 'say why these conflicts do not matter');
    end if;
    perform coord._check_text('reason', reason);
    perform coord._check_text('object_name', object_name);
    perform coord._check_name(i.argument, i.value)
    from (values ('conflict_type', conflict_type), ('rule', rule), ('agent_id', agent_id))
        as i (argument, value)
    where i.value is not null;
    if object_name ~ e'(^|[^\\\\])(\\\\\\\\)*\\\\$' then
        perform coord._raise('22023', 'object_name must not end with a single backslash',
            format('given: %s', object_name),
            'it is a LIKE pattern: a backslash takes the meaning from the character after it');
    end if;
    if num_nonnulls(conflict_type, rule, object_name, agent_id) = 0 then
        perform coord._raise('22004', 'an ignore rule needs something to match', null,
            'give conflict_type, object_name (a LIKE pattern), rule or agent_id');
    end if;
    if expires_at <= clock_timestamp() then
        perform coord._raise('22023', 'expires_at is over', format('given: %s', expires_at),
            'give a time to come, or leave it out');
    end if;
    insert into coord.ignore_rule
        (conflict_type, rule, object_name, agent_id, reason, expires_at, created_by, created_at)
    values (lower($2), $4, $3, $5, $1, $6, coord._caller(), clock_timestamp())
    returning id into v_id;
    return v_id;
end
$function$;
comment on function coord.ignore(text, text, text, text, text, timestamptz) is
    'Silences conflicts found from now on that match everything given; they are stored as closed, '
    'with the rule that closed them';

create or replace function coord.unignore(ignore_rule_id bigint) returns void
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
    perform coord._authorise_reviewer('change what is silenced');
    update coord.ignore_rule r set expires_at = clock_timestamp() where r.id = $1;
    if not found then
        perform coord._raise('22023', format('ignore rule %s does not exist', ignore_rule_id), null,
            'list them with: SELECT * FROM coord.ignore_rule');
    end if;
end
$function$;
comment on function coord.unignore(bigint) is 'Lets an ignore rule expire now';
