-- What an import makes of the rows that it found: intents, their history, conflicts.

create or replace function coord._import_plan(
    source jsonb, search_path text, effective_path name[],
    out intent coord.intent, out analysis jsonb, out unparsed jsonb, out changed jsonb
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
-- What will be stored for one row: the intent, what it touches, what does not parse in it, and what
-- cannot be kept as it was. Its branch is looked at later, when all locks are held.
declare
    v_changes text[] := coord._import_texts(source->'schema_changes');
    v_tables text[] := coord._import_texts(source->'tables_affected');
    v_good text[] := '{}';
    v_change text;
    v_number integer := 0;
    a record;
begin
    intent.id := coord._import_id(source->>'id');
    intent.agent_id := btrim(source->>'agent_id');
    intent.feature_name := btrim(source->>'feature_name');
    intent.branch_name := source->>'branch_name';
    intent.created_at := coalesce(source->>'created_at', source->>'updated_at', 'now')::timestamptz;
    intent.updated_at := coalesce(source->>'updated_at', source->>'created_at', 'now')::timestamptz;
    intent.estimated_duration_ms := greatest((source->>'estimated_duration_ms')::bigint, 0);
    intent.risk_level := case
        when lower(source->>'risk_level') in ('low', 'medium', 'high') then lower(source->>'risk_level')
        when source->>'risk_level' is null then 'low' else 'high' end;
    intent.status := coalesce(
        (select s.status from coord.status s where s.status = coord._import_status(source->>'status')),
        'registered');
    intent.metadata := case jsonb_typeof(source->'metadata')
        when 'object' then source->'metadata' when 'null' then '{}'
        else jsonb_build_object('imported', source->'metadata') end;
    intent.revision := 1;

    unparsed := '[]';
    a := coord._analyse(null, v_changes, search_path, effective_path, v_tables,
        intent.feature_name, coord._limits());
    if a.problem is not null then
        foreach v_change in array v_changes loop
            v_number := v_number + 1;
            a := coord._analyse(null, array[v_change], search_path, effective_path, null,
                intent.feature_name, coord._limits());
            if a.problem is null then
                v_good := v_good || v_change;
            else
                unparsed := unparsed || jsonb_build_object(
                    'statement', v_number,
                    'line', (regexp_match(a.problem[3], 'line ([0-9]+)'))[1]::integer,
                    'code', a.problem[1], 'reason', a.problem[2],
                    'detail', regexp_replace(a.problem[3], '^statement [0-9]+, ', ''),
                    'text', v_change);
            end if;
        end loop;
        if cardinality(v_changes) = 0 then
            v_changes := array['-- imported without schema changes'];
            unparsed := jsonb_build_array(jsonb_build_object('statement', 0, 'code', '22023',
                'reason', 'no schema changes were declared', 'text', source->>'schema_changes'));
        end if;
        -- What cannot be read touches nothing that we know of, but for the tables that it names.
        a := coord._analyse(null, case when v_good = '{}' then '{select}' else v_good end,
            search_path, effective_path, v_tables, intent.feature_name, coord._limits());
        if a.problem is not null then
            v_tables := '{}';
            a := coord._analyse(null, case when v_good = '{}' then '{select}' else v_good end,
                search_path, effective_path, null, intent.feature_name, coord._limits());
        end if;
    end if;
    -- With a statement that does not parse, all stay as they were written.
    intent.schema_changes := case when unparsed = '[]' then a.statements else v_changes end;
    intent.tables_affected := coalesce(a.tables, '{}');
    intent.tables_declared := coalesce(a.tables_named, '{}');
    intent.search_path := a.resolved_path;
    analysis := jsonb_build_object('keys', a.keys, 'are_exclusive', a.are_exclusive,
        'are_containers', a.are_containers, 'touches', a.touches, 'problem', a.problem);
    changed :=
        coord._import_changed('id', source->>'id', intent.id::text)
        || coord._import_changed('agent_id', source->>'agent_id', intent.agent_id)
        || coord._import_changed('feature_name', source->>'feature_name', intent.feature_name)
        || coord._import_changed('estimated_duration_ms',
               coalesce(source->>'estimated_duration_ms', '0'),
               coalesce(intent.estimated_duration_ms, 0)::text)
        || coord._import_changed('risk_level', coalesce(lower(source->>'risk_level'), 'low'),
               intent.risk_level)
        || coord._import_changed('status', lower(source->>'status'), intent.status)
        || coord._import_changed('metadata', coalesce(source->'metadata', '{}')::text,
               coalesce(nullif(intent.metadata, '{}'), source->'metadata')::text)
        || coord._import_changed('tables_affected',
               coord._import_texts(source->'tables_affected')::text, v_tables::text);
    intent.estimated_duration_ms := coalesce(intent.estimated_duration_ms, 0);
end
$function$;
comment on function coord._import_plan(jsonb, text, name[]) is
    'What an import will store for one intent (internal)';

create or replace function coord._import_chain(
    intent coord.intent, imported jsonb, history jsonb, conflicts jsonb
) returns coord.intent_history[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- The rows of history that there were, in their order and with their times and authors; the reviews
-- between them; and last (first, where nothing else is known) the import. What cannot stand in a
-- chain, a status that the row before did not end in, is in the details.
declare
    v_role constant text := coord._caller();
    v_chain coord.intent_history[] := '{}';
    v_row coord.intent_history;
    e record;
begin
    for e in
        select * from (
            select case when h.no = 1 then 0 else 1 end as place,
                   (h.row->>'changed_at')::timestamptz as at, h.no,
                   'transition' as event,
                   coord._import_status(h.row->>'old_status') as old_status,
                   coord._import_status(h.row->>'new_status') as new_status,
                   null::bigint as conflict_id, h.row->>'reason' as reason,
                   coalesce(nullif(h.row->>'changed_by', ''), 'system') as changed_by,
                   jsonb_build_object('imported', h.row - 'reason' - 'changed_by') as details
            from jsonb_array_elements(coalesce(history, '[]')) with ordinality h (row, no)
            union all
            select 1, (r->>'reviewed_at')::timestamptz, 0, 'reviewed', null, null,
                   (r->>'id')::bigint, r->>'resolution_notes', 'unknown',
                   jsonb_build_object('notes', r->>'resolution_notes', 'severity', r->>'severity',
                       'imported', r->'source')
            from jsonb_array_elements(coalesce(conflicts, '[]')) r
            where (r->>'reviewed')::boolean
            union all
            select case when history is null then 0 else 2 end, clock_timestamp(), 0, 'imported',
                   null, intent.status, null, 'imported', v_role, imported
        ) events order by place, at, no
    loop
        v_row.id := nextval('coord.intent_history_id_seq');
        v_row.intent_id := intent.id;
        v_row.intent_row := cardinality(v_chain) + 1;
        v_row.old_status := v_row.new_status;
        v_row.event := e.event;
        v_row.new_status := coalesce(e.new_status, v_row.new_status);
        v_row.conflict_id := e.conflict_id;
        v_row.details := e.details;
        v_row.reason := e.reason;
        v_row.changed_by := e.changed_by;
        v_row.session_role := v_role;
        v_row.changed_at := coalesce(e.at, intent.created_at);
        v_row.previous_hash := v_row.row_hash;
        v_row.row_hash := coord._history_hash(v_row.id, v_row.intent_id, v_row.intent_row,
            v_row.event, v_row.old_status, v_row.new_status, v_row.conflict_id, v_row.details,
            v_row.reason, v_row.changed_by, v_row.session_role, v_row.changed_at,
            v_row.previous_hash);
        v_chain := v_chain || v_row;
    end loop;
    return v_chain;
end
$function$;
comment on function coord._import_chain(coord.intent, jsonb, jsonb, jsonb) is
    'The history of an imported intent, hashed (internal)';

create or replace function coord._import_conflict(
    source jsonb, findings json, newcomer coord.intent, is_certain boolean,
    out stored coord.conflict
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- One conflict as it was, with its review. What the detector finds of the same type between the
-- same two, and on no other objects, is this conflict: it says what the tables do not know, and is
-- not recorded twice. An open one that it does not find where it could is moot.
declare
    v_other uuid := case when (source->>'intent_a')::uuid = newcomer.id
                         then source->>'intent_b' else source->>'intent_a' end;
    v_both_active boolean;
    v_ended text;
    f record;
begin
    select bool_and(s.is_active),
           min(format('%s was %s', i.branch_name, i.status)) filter (where s.moots_conflicts)
    into v_both_active, v_ended
    from coord.intent i join coord.status s on s.status = i.status
    where i.id in (newcomer.id, v_other);
    stored := jsonb_populate_record(null::coord.conflict, source);
    stored.outcome := case stored.severity when 'error' then 'clash' else 'overlap' end;
    stored.rule := 'imported';
    select * into f from coord._found_conflicts(findings, newcomer.agent_id) d
    where d.intent_id = v_other and d.conflict_type = stored.conflict_type and not d.own
      and array(select regexp_replace(o, '^public[.]', '') from unnest(d.affected_objects) o)
          <@ array(select regexp_replace(lower(o), '^public[.]', '')
                   from unnest(stored.affected_objects) o)
    limit 1;
    if found then
        stored.affected_objects := f.affected_objects;
        stored.outcome := f.outcome;
        stored.first_intent := case when f.outcome = 'order'
            then case when f.newcomer_first then newcomer.id else v_other end end;
        stored.rule := f.rule;
        stored.resolution_suggestions := f.resolution_suggestions;
        if not stored.reviewed then
            stored.severity := f.severity;
            stored.ignored_by := f.ignored_by;
        end if;
    elsif not stored.reviewed and (v_ended is not null or (v_both_active and is_certain)) then
        stored.moot_at := clock_timestamp();
        stored.moot_reason := coalesce(v_ended, 'it was imported, and is not found here');
    end if;
    insert into coord.conflict
        (id, intent_a, intent_b, conflict_type, affected_objects, severity, outcome, first_intent,
         rule, resolution_suggestions, reviewed, reviewed_at, reviewed_by, resolution_notes, moot_at,
         moot_reason, ignored_by, created_at)
    values
        (stored.id, stored.intent_a, stored.intent_b, stored.conflict_type, stored.affected_objects,
         stored.severity, stored.outcome, stored.first_intent, stored.rule,
         stored.resolution_suggestions, stored.reviewed, stored.reviewed_at, stored.reviewed_by,
         stored.resolution_notes, stored.moot_at, stored.moot_reason, stored.ignored_by,
         stored.created_at);
end
$function$;
comment on function coord._import_conflict(jsonb, json, coord.intent, boolean) is
    'Stores one imported conflict (internal)';

create or replace function coord._import_conflict_plan(source jsonb, id bigint) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
return jsonb_build_object(
    'id', id,
    'intent_a', coord._import_id(source->>'intent_a'),
    'intent_b', coord._import_id(source->>'intent_b'),
    'conflict_type', lower(source->>'conflict_type'),
    'affected_objects', to_jsonb(coord._import_texts(source->'affected_objects')),
    'severity', case lower(source->>'severity') when 'warning' then 'warning' else 'error' end,
    'resolution_suggestions', to_jsonb(coord._import_texts(source->'resolution_suggestions')),
    'reviewed', coalesce((source->>'reviewed')::boolean, false),
    'reviewed_at', case when (source->>'reviewed')::boolean
        then coalesce(source->>'reviewed_at', source->>'created_at') end,
    'reviewed_by', case when (source->>'reviewed')::boolean then 'unknown' end,
    'resolution_notes', coalesce(source->>'resolution_notes', ''),
    'created_at', source->'created_at',
    'source', source);
comment on function coord._import_conflict_plan(jsonb, bigint) is
    'What an import will store for one conflict, as far as the tables say (internal)';
