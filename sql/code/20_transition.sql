-- The transition rules: the statuses, the legal moves, and the triggers that enforce them.
-- Nothing else in the product decides which move is legal.

insert into coord.status as s
    (status, is_active, refuses_errors, moots_conflicts, description, builtin)
values
    ('registered', true, false, false, 'declared; nothing stands in the way', true),
    ('conflicted', true, false, false, 'declared; open conflicts are to be looked at', true),
    ('in_progress', true, true, false, 'being worked on', true),
    ('completed', true, false, false, 'done on its branch, not merged yet', true),
    ('merged', false, false, false, 'part of the schema now', true),
    ('abandoned', false, false, true, 'will not be done', true)
on conflict on constraint status_pkey do update
set is_active = excluded.is_active, refuses_errors = excluded.refuses_errors,
    moots_conflicts = excluded.moots_conflicts, description = excluded.description,
    builtin = true;

insert into coord.status_transition as t (old_status, new_status, builtin)
values
    ('registered', 'in_progress', true),
    ('registered', 'conflicted', true),
    ('registered', 'abandoned', true),
    ('conflicted', 'registered', true),
    ('conflicted', 'in_progress', true),
    ('conflicted', 'abandoned', true),
    ('in_progress', 'completed', true),
    ('in_progress', 'conflicted', true),
    ('in_progress', 'abandoned', true),
    ('completed', 'merged', true),
    ('completed', 'in_progress', true),
    ('completed', 'conflicted', true),
    ('completed', 'abandoned', true)
on conflict on constraint status_transition_pkey do update set builtin = true;

create or replace function coord._check_transition(
    intent_id uuid, old_status text, new_status text
) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_legal text;
    v_open json;
    v_lines text;
begin
    if not exists (
        select from coord.status_transition t
        where t.old_status = $2 and t.new_status = $3
    ) then
        select string_agg(t.new_status, ', ' order by t.new_status) into v_legal
        from coord.status_transition t where t.old_status = $2;
        perform coord._raise('IC002',
            format('an intent cannot move from %s to %s', old_status, new_status),
            format('intent %s is %s', intent_id, old_status),
            case when v_legal is null then format('%s is final: register a new intent', old_status)
                 else format('from %s it can move to: %s', old_status, v_legal) end);
    end if;
    if (select s.refuses_errors from coord.status s where s.status = $3) then
        select json_agg(coord._conflict_json(c) order by c.id),
               string_agg(coord._conflict_line(c, $1), e'\n' order by c.id)
        into v_open, v_lines
        from coord.conflict c
        where c.is_open and c.severity = 'error' and $1 in (c.intent_a, c.intent_b);
        if v_open is not null then
            perform coord._raise('IC004',
                format('intent %s cannot move to %s while conflicts of severity error are open',
                       intent_id, new_status),
                v_lines,
                'settle them with the other agents, then record it: '
                'SELECT coord.resolve_conflict(<conflict id>, ''<what was agreed>'')',
                v_open);
        end if;
    end if;
end
$function$;
comment on function coord._check_transition(uuid, text, text) is
    'Raises IC002 for an illegal move, IC004 for one that open conflicts forbid (internal)';

create or replace function coord._guard_intent() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_event jsonb := new.pending_event;
    v_moves boolean;
begin
    if (new.id, new.intent_no, new.agent_id, new.feature_name, new.branch_name, new.created_at,
        new.history_rows, new.history_hash)
       is distinct from
       (old.id, old.intent_no, old.agent_id, old.feature_name, old.branch_name, old.created_at,
        old.history_rows, old.history_hash)
    then
        perform coord._raise('55000', 'who declared an intent, and when, does not change',
            format('intent %s', old.id), 'abandon it and register another one');
    end if;
    if (new.schema_changes, new.search_path) is distinct from (old.schema_changes, old.search_path)
        and v_event->>'event' is distinct from 'amended'
    then
        perform coord._raise('55000', 'the plan of an intent changes through coord.amend_intent() only',
            format('intent %s', old.id),
            'call coord.amend_intent(): footprint and conflicts have to follow');
    end if;
    new.pending_event := null;
    v_moves := new.status <> old.status
        or (v_event is not null and coalesce(v_event->>'event', 'transition') = 'transition');
    if not v_moves and v_event is null then
        return new;  -- a heartbeat, or metadata: nothing that history records
    end if;
    if v_moves then
        perform coord._check_transition(old.id, old.status, new.status);
        if new.status = 'conflicted' and old.status <> 'conflicted' then
            new.status_before_conflict := old.status;
        elsif new.status <> 'conflicted' then
            new.status_before_conflict := null;
        end if;
    end if;
    new.updated_at := clock_timestamp();
    new.history_rows := old.history_rows + 1;
    new.history_hash := coord._append_history(
        intent_id => old.id,
        intent_row => new.history_rows,
        event => coalesce(v_event->>'event', 'transition'),
        old_status => old.status,
        new_status => new.status,
        conflict_id => (v_event->>'conflict_id')::bigint,
        details => coalesce(v_event->'details', '{}'),
        reason => v_event->>'reason',
        changed_by => coalesce(v_event->>'changed_by', coord._caller()),
        changed_at => new.updated_at,
        previous_hash => old.history_hash);
    return new;
end
$function$;
comment on function coord._guard_intent() is
    'Checks every change of an intent and writes its history (internal)';

create or replace function coord._follow_transition() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_old coord.status;
    v_new coord.status;
    v_partners uuid[];
begin
    select * into v_old from coord.status s where s.status = old.status;
    select * into v_new from coord.status s where s.status = new.status;
    if v_old.is_active <> v_new.is_active then
        -- Whoever registers on one of these keys must notice, even with a stale snapshot.
        perform coord._lock_intent_keys(new.intent_no);
        update coord.intent_key k set is_active = v_new.is_active where k.intent_no = new.intent_no;
    end if;
    if v_new.moots_conflicts then
        v_partners := coord._moot_conflicts(new.id, format('%s was %s', new.branch_name, new.status));
        perform coord._settle(v_partners, format('%s was %s', new.branch_name, new.status));
    end if;
    return null;
end
$function$;
comment on function coord._follow_transition() is
    'What a move brings with it: the active set, and the conflicts of an ended intent (internal)';

create or replace trigger intent_100_guard
before update on coord.intent
for each row execute function coord._guard_intent();
alter table coord.intent enable always trigger intent_100_guard;

create or replace trigger intent_500_follow
after update of status on coord.intent
for each row when (new.status is distinct from old.status)
execute function coord._follow_transition();
alter table coord.intent enable always trigger intent_500_follow;
