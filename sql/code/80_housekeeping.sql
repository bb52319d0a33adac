-- Keeping the register tidy: what is still alive, what is not, and what may leave.

create or replace function coord.heartbeat(intent_id uuid) returns timestamptz
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_intent coord.intent := coord._check_intent(intent_id);
    v_now timestamptz := clock_timestamp();
begin
    perform coord._authorise(v_intent.agent_id);
    perform coord._check_active(v_intent, 'keep alive');
    perform coord._lock_intents(array[intent_id]);
    update coord.intent i set heartbeat_at = v_now where i.id = $1;
    return v_now;
end
$function$;
comment on function coord.heartbeat(uuid) is
    'Says that somebody still works on the intent: it does not count as stale';

create or replace function coord.stale_intents(older_than interval default '7 days')
returns table (
    intent_id uuid, agent_id text, feature_name text, branch_name text, status text,
    idle_for interval, overdue_by interval
)
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
begin
    perform coord._check_age(older_than);
    return query
        with active as (
            select i.*, statement_timestamp() - greatest(i.updated_at, i.heartbeat_at) as idle,
                (select max(h.changed_at) from coord.intent_history h
                 where h.intent_id = i.id and h.new_status = 'in_progress'
                   and h.old_status <> 'in_progress') as started_at
            from coord.intent i join coord.status s on s.status = i.status and s.is_active
        ), timed as (
            select a.*, case when a.status = 'in_progress' and a.estimated_duration_ms > 0
                then statement_timestamp() - a.started_at
                     - least(a.estimated_duration_ms, 1e15::bigint) * interval '1 millisecond' end
                as late
            from active a
        )
        select t.id, t.agent_id, t.feature_name, t.branch_name, t.status, t.idle,
               case when t.late > interval '0' then t.late end
        from timed t
        where t.idle > older_than or t.late > interval '0'
        order by t.idle desc;
end
$function$;
comment on function coord.stale_intents(interval) is
    'Active intents that nobody moved or kept alive for so long, and those whose estimated '
    'duration is over';

create or replace function coord._check_age(older_than interval) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
begin
    if older_than is null or older_than < interval '0' then
        perform coord._raise(case when older_than is null then '22004' else '22023' end,
            'older_than must be an interval that is not negative', null,
            'for example: interval ''7 days''');
    end if;
end
$function$;
comment on function coord._check_age(interval) is 'Raises for a missing or negative age (internal)';

create or replace function coord.abandon_stale(older_than interval, reason text)
returns table (intent_id uuid, agent_id text, feature_name text)
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
    v_stale uuid[];
    v_intent record;
begin
    perform coord._authorise_reviewer('abandon the intents of others');
    perform coord._check_age(older_than);
    if btrim(coalesce(reason, '')) = '' then
        perform coord._raise(case when reason is null then '22004' else '22023' end,
            'abandoning needs a reason', null, 'say why, for the agents who will look for it');
    end if;
    -- A status of the site's own may have no way to abandoned: those stay, and stay listed.
    v_stale := array(
        select s.intent_id from coord.stale_intents(older_than) s
        join coord.status_transition t on t.old_status = s.status and t.new_status = 'abandoned'
        where s.idle_for > older_than);
    -- All locks before the first move, in the global order.
    perform coord._lock_keys(
        array_agg(k.key), array_agg(k.is_exclusive), array_agg(k.is_container))
    from (
        select k.key, bool_or(k.is_exclusive) as is_exclusive, bool_or(k.is_container) as is_container
        from coord.intent_key k join coord.intent i on i.intent_no = k.intent_no
        where i.id = any (v_stale) group by k.key
    ) k
    having count(*) > 0;
    perform coord._lock_intents(v_stale || array(
        select unnest(array[c.intent_a, c.intent_b]) from coord.conflict c
        where c.is_open and (c.intent_a = any (v_stale) or c.intent_b = any (v_stale))));
    for v_intent in
        -- Somebody may have moved one while we waited.
        select i.id, i.agent_id, i.feature_name from coord.intent i
        join coord.status_transition t on t.old_status = i.status and t.new_status = 'abandoned'
        where i.id = any (v_stale)
          and statement_timestamp() - greatest(i.updated_at, i.heartbeat_at) > older_than
        order by i.id
    loop
        perform coord._move(v_intent.id, 'abandoned', $2, null);
        return query select v_intent.id, v_intent.agent_id, v_intent.feature_name;
    end loop;
end
$function$;
comment on function coord.abandon_stale(interval, text) is
    'Abandons the active intents that nobody moved or kept alive for so long; reviewers only';

create or replace function coord._ended(before timestamptz) returns setof coord.intent
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
-- Only with everybody it ever clashed with: a conflict needs both its intents.
select i.* from coord.intent i
join coord.status s on s.status = i.status and not s.is_active
where i.updated_at < before
  and not exists (
      select from coord.conflict c
      join coord.intent o on o.id in (c.intent_a, c.intent_b) and o.id <> i.id
      join coord.status os on os.status = o.status
      where i.id in (c.intent_a, c.intent_b) and (os.is_active or o.updated_at >= before))
$function$;
comment on function coord._ended(timestamptz) is
    'Intents that ended before a time, and whose partners in conflict did too (internal)';

create or replace function coord.export_ended(before timestamptz) returns setof json
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
-- One line each: json_agg would put line breaks between rows.
select json_build_object(
    'intent', to_json(i),
    'conflicts', (select format('[%s]', string_agg(to_json(c)::text, ',' order by c.id))::json
                  from coord.conflict c where i.id in (c.intent_a, c.intent_b)),
    'history', (select format('[%s]', string_agg(to_json(h)::text, ',' order by h.intent_row))::json
                from coord.intent_history h where h.intent_id = i.id))
from coord._ended(before) i order by i.intent_no
$function$;
comment on function coord.export_ended(timestamptz) is
    'Intents that ended before a time, with conflicts and history: one JSON document a row, on one '
    'line';

create or replace function coord.archive_ended(before timestamptz) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- Not SECURITY DEFINER: only the owner can switch the guards off, and only inside this transaction.
declare
    v_ids uuid[];
begin
    select array_agg(e.id) into v_ids from coord._ended(before) e;
    if v_ids is null then
        return 0;
    end if;
    alter table coord.intent_history disable trigger intent_history_100_refuse_row;
    alter table coord.intent disable trigger intent_100_refuse_delete;
    insert into coord.archived_history (id, intent_id, intent_row, row_hash, archived_at)
    select h.id, h.intent_id, h.intent_row, h.row_hash, clock_timestamp()
    from coord.intent_history h where h.intent_id = any (v_ids);
    delete from coord.intent_history h where h.intent_id = any (v_ids);
    delete from coord.conflict c where c.intent_a = any (v_ids) or c.intent_b = any (v_ids);
    delete from coord.own_order o using coord.intent i
    where i.id = any (v_ids) and i.intent_no in (o.first_no, o.then_no);
    delete from coord.intent_footprint f using coord.intent i
    where i.id = any (v_ids) and f.intent_no = i.intent_no;
    delete from coord.intent_key k using coord.intent i
    where i.id = any (v_ids) and k.intent_no = i.intent_no;
    delete from coord.intent i where i.id = any (v_ids);
    alter table coord.intent_history enable always trigger intent_history_100_refuse_row;
    alter table coord.intent enable always trigger intent_100_refuse_delete;
    return cardinality(v_ids);
end
$function$;
comment on function coord.archive_ended(timestamptz) is
    'Removes what coord.export_ended(before) returns, and keeps the hashes of its history so that '
    'earlier digests still verify; the owner only, after the export is safe';
