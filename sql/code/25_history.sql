-- History: appending to it, and refusing everything else. Verification is in 26_verify.sql.

create or replace function coord._history_hash(
    id bigint, intent_id uuid, intent_row integer, event text, old_status text, new_status text,
    conflict_id bigint, details jsonb, reason text, changed_by text, session_role text,
    changed_at timestamptz, previous_hash bytea
) returns bytea
language sql stable
as $function$
-- A JSON array tells null from '' and every value from its neighbour; jsonb prints the same value
-- in one way; times go in as microseconds (an infinite one was never ours). So neither TimeZone nor
-- DateStyle nor the encoding of the server has a say. No SET, or the planner could not put this in
-- place of the call; everything is spelled out instead.
select pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.jsonb_build_array(
    'confiture_coord history 1', id, intent_id, intent_row, event, old_status, new_status,
    conflict_id, details, reason, changed_by, session_role,
    case when pg_catalog.isfinite(changed_at)
         then (extract(epoch from changed_at) operator(pg_catalog.*) 1000000)::pg_catalog.int8 end,
    pg_catalog.encode(previous_hash, 'hex'))::pg_catalog.text, 'UTF8'))
$function$;
comment on function coord._history_hash(bigint, uuid, integer, text, text, text, bigint, jsonb,
    text, text, text, timestamptz, bytea) is 'Hash of one history row (internal)';

create or replace function coord._append_history(
    intent_id uuid, intent_row integer, event text, old_status text, new_status text,
    conflict_id bigint, details jsonb, reason text, changed_by text, changed_at timestamptz,
    previous_hash bytea
) returns bytea
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_id bigint := nextval('coord.intent_history_id_seq');
    v_role text := coord._caller();
    v_hash bytea := coord._history_hash(v_id, intent_id, intent_row, event, old_status,
        new_status, conflict_id, details, reason, changed_by, v_role, changed_at, previous_hash);
begin
    insert into coord.intent_history
        (id, intent_id, intent_row, event, old_status, new_status, conflict_id, details, reason,
         changed_by, session_role, changed_at, previous_hash, row_hash)
    values
        (v_id, $1, $2, $3, $4, $5, $6, $7, $8, $9, v_role, $10, $11, v_hash);
    return v_hash;
end
$function$;
comment on function coord._append_history(uuid, integer, text, text, text, bigint, jsonb, text,
    text, timestamptz, bytea) is
    'Writes one history row and returns its hash (internal; no trigger writes on INSERT, so that '
    'a restore brings rows back as they were)';

create or replace function coord._refuse_history_change() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
    perform coord._raise('IC003',
        format('%s is append-only', tg_argv[0]),
        format('%s on coord.%s was refused', lower(tg_op), tg_table_name),
        'write a correction as a new event; to remove what has ended, export it and call '
        'coord.archive_ended()');
end
$function$;
comment on function coord._refuse_history_change() is
    'Raises IC003 for whatever would change the past (internal)';

create or replace trigger intent_history_100_refuse_row
before update or delete on coord.intent_history
for each row execute function coord._refuse_history_change('history');
alter table coord.intent_history enable always trigger intent_history_100_refuse_row;

create or replace trigger intent_history_100_refuse_truncate
before truncate on coord.intent_history
for each statement execute function coord._refuse_history_change('history');
alter table coord.intent_history enable always trigger intent_history_100_refuse_truncate;

create or replace trigger archived_history_100_refuse_row
before update or delete on coord.archived_history
for each row execute function coord._refuse_history_change('the archive of history');
alter table coord.archived_history enable always trigger archived_history_100_refuse_row;

create or replace trigger archived_history_100_refuse_truncate
before truncate on coord.archived_history
for each statement execute function coord._refuse_history_change('the archive of history');
alter table coord.archived_history enable always trigger archived_history_100_refuse_truncate;

create or replace function coord._refuse_intent_removal() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
    perform coord._raise('IC003', 'an intent cannot be deleted: its history would lose its subject',
        format('%s on coord.%s was refused', lower(tg_op), tg_table_name),
        'end it with coord.mark_abandoned(); to remove what has ended, export it and call '
        'coord.archive_ended()');
end
$function$;
comment on function coord._refuse_intent_removal() is
    'Raises IC003 for DELETE and TRUNCATE of intents (internal)';

create or replace trigger intent_100_refuse_delete
before delete on coord.intent
for each row execute function coord._refuse_intent_removal();
alter table coord.intent enable always trigger intent_100_refuse_delete;

create or replace trigger intent_100_refuse_truncate
before truncate on coord.intent
for each statement execute function coord._refuse_intent_removal();
alter table coord.intent enable always trigger intent_100_refuse_truncate;
