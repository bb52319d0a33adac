-- Moving an intent. The trigger in 20_transition.sql decides what is legal and writes history;
-- these functions check who asks, take the locks in order, and update.

create or replace function coord._move(
    intent_id uuid, new_status text, reason text, changed_by text
) returns text
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_intent coord.intent := coord._check_intent(intent_id);
    v_actor text := coord._actor(changed_by);
    v_target coord.status;
    v_status text;
begin
    perform coord._authorise(v_intent.agent_id);
    perform coord._check_text('reason', reason);
    if new_status = 'merged' and coord._setting_of('merge_needs_reviewer') = 'on' then
        perform coord._authorise_reviewer('mark an intent merged');
    end if;
    select * into v_target from coord.status s where s.status = new_status;
    if v_target.refuses_errors then
        -- What was true at registration may have changed: look again before work begins.
        perform coord._redetect(intent_id, null, v_actor, format('checked before %s', new_status));
    elsif not v_target.is_active then
        perform coord._lock_intent_keys(v_intent.intent_no);
    end if;
    perform coord._lock_with_partners(intent_id, v_target.moots_conflicts);
    update coord.intent i
    set status = new_status,
        pending_event = jsonb_build_object('event', 'transition', 'reason', _move.reason,
            'changed_by', v_actor)
    where i.id = intent_id
    returning i.status into v_status;
    return v_status;
end
$function$;
comment on function coord._move(uuid, text, text, text) is
    'Moves an intent to another status (internal)';

create or replace function coord._lock_with_partners(intent_id uuid, with_partners boolean)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- With the keys of an intent locked nobody can add a partner that this would have to know of.
begin
    perform coord._lock_intents(
        array(select $1 union
              select case when c.intent_a = $1 then c.intent_b else c.intent_a end
              from coord.conflict c
              where with_partners and c.is_open and $1 in (c.intent_a, c.intent_b)));
end
$function$;
comment on function coord._lock_with_partners(uuid, boolean) is
    'Locks an intent, and those that its end may set free, in the global order (internal)';

create or replace function coord.mark_in_progress(
    intent_id uuid, reason text default 'work began', changed_by text default null
) returns text
language sql volatile
as $function$ select coord._move($1, 'in_progress', $2, $3) $function$;
comment on function coord.mark_in_progress(uuid, text, text) is
    'Work begins: refused while a conflict of severity error is open; returns the new status';

create or replace function coord.mark_completed(
    intent_id uuid, reason text default 'work is done', changed_by text default null
) returns text
language sql volatile
as $function$ select coord._move($1, 'completed', $2, $3) $function$;
comment on function coord.mark_completed(uuid, text, text) is
    'Work is done on the branch; returns the new status';

create or replace function coord.mark_merged(
    intent_id uuid, reason text default 'merged', changed_by text default null
) returns text
language sql volatile
as $function$ select coord._move($1, 'merged', $2, $3) $function$;
comment on function coord.mark_merged(uuid, text, text) is
    'The branch was merged: the intent ends, its open conflicts stay, since the other side still '
    'has to adapt; returns the new status';

create or replace function coord.mark_abandoned(
    intent_id uuid, reason text default 'abandoned', changed_by text default null
) returns text
language sql volatile
as $function$ select coord._move($1, 'abandoned', $2, $3) $function$;
comment on function coord.mark_abandoned(uuid, text, text) is
    'The plan is given up: the intent ends and its open conflicts become moot; returns the status';

create or replace function coord.move_intent(
    intent_id uuid, new_status text, reason text default null, changed_by text default null
) returns text
language sql volatile
as $function$ select coord._move($1, pg_catalog.lower($2), $3, $4) $function$;
comment on function coord.move_intent(uuid, text, text, text) is
    'Moves an intent to any status that a row of coord.status_transition allows, a site''s own '
    'included; returns the new status';
