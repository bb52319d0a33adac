-- Taking over an installation of Confiture's registry: its tables tb_pggit_intent,
-- tb_pggit_conflict and tb_pggit_intent_history, which stay as they are.
--
-- The owner only, and with the owner's own rights: nothing here is SECURITY DEFINER. What is read
-- may belong to somebody else, so nothing that could run their code is touched: only plain tables,
-- without those that inherit from them, and only columns of PostgreSQL's own types. The DDL in
-- them is parsed, as at a registration, and never executed.

create or replace function coord._import_columns(relation text) returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
return case relation
    when 'tb_pggit_intent' then jsonb_build_object(
        'id', 'text', 'agent_id', 'text', 'feature_name', 'text', 'branch_name', 'text',
        'schema_changes', 'jsonb', 'tables_affected', 'jsonb', 'estimated_duration_ms', 'integer',
        'risk_level', 'text', 'status', 'text', 'conflicts_with', 'jsonb', 'metadata', 'jsonb',
        'created_at', 'timestamptz', 'updated_at', 'timestamptz')
    when 'tb_pggit_conflict' then jsonb_build_object(
        'id', 'integer', 'intent_a', 'text', 'intent_b', 'text', 'conflict_type', 'text',
        'affected_objects', 'jsonb', 'severity', 'text', 'resolution_suggestions', 'jsonb',
        'reviewed', 'boolean', 'reviewed_at', 'timestamptz', 'resolution_notes', 'text',
        'created_at', 'timestamptz')
    when 'tb_pggit_intent_history' then jsonb_build_object(
        'id', 'integer', 'intent_id', 'text', 'old_status', 'text', 'new_status', 'text',
        'reason', 'text', 'changed_by', 'text', 'changed_at', 'timestamptz')
end;
comment on function coord._import_columns(text) is
    'The columns of a table of Confiture''s registry, as its architecture document has them '
    '(internal)';

create or replace function coord._import_check(from_schema text, relation text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_relation record;
    v_wrong text;
begin
    select c.oid, c.relkind into v_relation
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = from_schema and c.relname = relation;
    if not found or v_relation.relkind <> 'r' then
        perform coord._raise('42P01',
            format('there is no table %I.%I to import', from_schema, relation), null,
            'give the schema that the tables tb_pggit_intent, tb_pggit_conflict and '
            'tb_pggit_intent_history are in');
    end if;
    select string_agg(format('%s %s', w.name, coalesce(format_type(a.atttypid, null), 'is missing')),
                      ', ' order by w.name)
    into v_wrong
    from jsonb_each_text(coord._import_columns(relation)) w (name, type)
    left join pg_attribute a
        on a.attrelid = v_relation.oid and a.attname = w.name and not a.attisdropped
    where not coalesce(a.atttypid = any (case w.type
        when 'text' then array['text', 'varchar', 'bpchar', 'uuid']::regtype[]
        when 'integer' then array['int2', 'int4', 'int8']::regtype[]
        else array[w.type]::regtype[] end), false);
    if v_wrong is not null then
        perform coord._raise('42804',
            format('%I.%I is not the table of Confiture''s registry', from_schema, relation),
            format('not as its document says: %s', v_wrong),
            'import from a copy that has these columns');
    end if;
end
$function$;
comment on function coord._import_check(text, text) is
    'Raises unless it is a plain table with the columns that an import reads (internal)';

create or replace function coord._import_rows(from_schema text, relation text) returns setof jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_before text;
begin
    perform coord._import_check(from_schema, relation);
    -- Until the import has ended nobody writes to it, puts something else in its place, or imports.
    v_before := coord._limit_lock_wait();
    begin
        execute format('lock table only %I.%I in share row exclusive mode', from_schema, relation);
    exception when lock_not_available then
        perform coord._raise_lock_wait(format('%I.%I', from_schema, relation)::regclass,
            format('table %I.%I', from_schema, relation), '{}');
    end;
    perform set_config('lock_timeout', v_before, true);
    perform coord._import_check(from_schema, relation);
    return query execute format('select jsonb_build_object(%s) from only %I.%I t',
        (select string_agg(format('%L, t.%I', c.name, c.name), ', ')
         from jsonb_object_keys(coord._import_columns(relation)) c (name)),
        from_schema, relation);
end
$function$;
comment on function coord._import_rows(text, text) is
    'The rows of a table of Confiture''s registry (internal)';

create or replace function coord._import_id(source_id text) returns uuid
language sql immutable
set search_path = pg_catalog, pg_temp
return case when source_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then source_id::uuid
            else md5('confiture_coord import ' || source_id)::uuid end;
comment on function coord._import_id(text) is
    'The id of an imported intent: the same, or always the same one where it was no UUID (internal)';

create or replace function coord._import_texts(value jsonb) returns text[]
language sql immutable
set search_path = pg_catalog, pg_temp
return case
    when jsonb_typeof(value) = 'array'
        then array(select e #>> '{}' from jsonb_array_elements(value) e where e #>> '{}' is not null)
    when value #>> '{}' is not null then array[value #>> '{}']
    else '{}' end;
comment on function coord._import_texts(jsonb) is 'A JSON array as an array of texts (internal)';

create or replace function coord._import_status(status text) returns text
language sql immutable
set search_path = pg_catalog, pg_temp
return regexp_replace(replace(lower(btrim(status)), '-', '_'), '^conflict$', 'conflicted');
comment on function coord._import_status(text) is
    'A status in the spelling used here: the documents also have in-progress and conflict (internal)';

create or replace function coord._import_changed(what text, was text, becomes text) returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
return case when was is distinct from becomes
            then jsonb_build_array(jsonb_build_object('what', what, 'was', was, 'is', becomes))
            else '[]' end;
comment on function coord._import_changed(text, text, text) is
    'One value that could not be kept, for the report; nothing where it was (internal)';

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

create or replace function coord._import(
    from_schema text, search_path text, effective_path name[], is_dry_run boolean
) returns json
language plpgsql volatile
set search_path = pg_catalog, pg_temp
-- By index only: plans that are made while the tables are empty are kept while they fill.
set enable_seqscan = off
set jit = off
as $function$
declare
    v_before text;
    v_actor constant text := coord._caller();
    v_source jsonb[];
    v_conflict_source jsonb[];
    v_history jsonb;           -- rows by the intent's id in the source
    v_clashes jsonb;           -- planned conflicts, by the intent's id here
    v_plan record;
    v_plans jsonb[] := '{}';
    v_row jsonb;
    v_clash jsonb;
    v_intent coord.intent;
    v_conflict coord.conflict;
    v_known uuid[] := '{}';
    v_unread uuid[] := '{}';   -- intents whose plan does not parse in full
    v_planned jsonb[] := '{}'; -- conflicts
    v_stored bigint[] := '{}';
    v_settled uuid[] := '{}';
    v_chain coord.intent_history[];
    v_findings json;
    v_new bigint[];
    v_id bigint;
    v_rows bigint := 0;
    v_intents jsonb[] := '{}';
    v_unparsed jsonb[] := '{}';
    v_changed jsonb[] := '{}';
    v_left jsonb[] := '{}';
    v_moot jsonb[] := '{}';
    v_found jsonb[] := '{}';
    v_there integer := 0;
begin
    v_source := array(select r from coord._import_rows(from_schema, 'tb_pggit_intent') r
                      order by (r->>'created_at')::timestamptz, r->>'id');
    v_conflict_source := array(select r from coord._import_rows(from_schema, 'tb_pggit_conflict') r
                               order by (r->>'id')::bigint);
    select coalesce(jsonb_object_agg(h.intent_id, h.history), '{}'), coalesce(sum(h.number), 0)
    into v_history, v_rows
    from (
        select r->>'intent_id' as intent_id, count(*) as number,
               jsonb_agg(r order by (r->>'changed_at')::timestamptz, (r->>'id')::bigint) as history
        from coord._import_rows(from_schema, 'tb_pggit_intent_history') r
        where r->>'intent_id' is not null group by 1
    ) h;

    -- What is there already stays as it is: a second import finds nothing to do.
    foreach v_row in array v_source loop
        if exists (select from coord.intent i where i.id = coord._import_id(v_row->>'id')) then
            v_there := v_there + 1;
            continue;
        end if;
        v_plan := coord._import_plan(v_row, search_path, effective_path);
        v_intent := v_plan.intent;
        if coalesce(v_intent.agent_id, '') = '' or coalesce(v_intent.feature_name, '') = ''
           or coalesce(v_intent.branch_name, '') = '' or v_intent.id is null
           or v_intent.id = any (v_known) or v_plan.analysis->'problem' <> 'null'
        then
            v_left := v_left || jsonb_build_object('table', 'tb_pggit_intent', 'id', v_row->>'id',
                'reason', case
                    when v_intent.id = any (v_known) then 'another row has the same id'
                    when v_plan.analysis->'problem' <> 'null' then v_plan.analysis->'problem'->>1
                    else 'agent, feature or branch is empty' end);
            continue;
        end if;
        v_known := v_known || v_intent.id;
        v_plans := v_plans || jsonb_build_object('source', v_row, 'intent', to_jsonb(v_intent),
            'analysis', v_plan.analysis, 'unparsed', v_plan.unparsed, 'changed', v_plan.changed);
    end loop;

    -- All locks at once, in the global order: keys, branch counters, intents, conflicts. The two
    -- tables as a whole: until the import has ended everybody else may only read.
    perform coord._lock_keys(array_agg(k.key), array_agg(k.is_exclusive), array_agg(k.is_container))
    from (
        select k.key, bool_or(k.is_exclusive) as is_exclusive, bool_or(k.is_container) as is_container
        from unnest(v_plans) p, coord._import_keys(p->'analysis') k group by k.key
    ) k having count(*) > 0;
    insert into coord.branch_counter as b (slug, last_number)
    select m[1], max(m[2]::integer)
    from unnest(v_plans) p,
         regexp_match(p->'intent'->>'branch_name', '^feature/(.+)_([0-9]{1,9})$') m
    where m is not null group by 1 order by 1
    on conflict on constraint branch_counter_pkey
    do update set last_number = greatest(b.last_number, excluded.last_number);
    v_before := coord._limit_lock_wait();
    begin
        lock table coord.intent, coord.conflict in exclusive mode;
    exception when lock_not_available then
        perform coord._raise_lock_wait('coord.intent', 'the intents', '{}');
    end;
    perform set_config('lock_timeout', v_before, true);

    -- Conflicts keep their numbers where nobody else has them. A dry run gives none away.
    foreach v_row in array v_conflict_source loop
        v_id := (v_row->>'id')::bigint;
        if not coord._import_id(v_row->>'intent_a') = any (v_known)
           and not coord._import_id(v_row->>'intent_b') = any (v_known)
           and (select count(*) from coord.intent i
                where i.id in (coord._import_id(v_row->>'intent_a'),
                               coord._import_id(v_row->>'intent_b'))) = 2
        then
            continue;
        elsif (v_row->>'intent_a') = (v_row->>'intent_b') or exists (
            select from unnest(array[v_row->>'intent_a', v_row->>'intent_b']) side
            where (coord._import_id(side) = any (v_known)
                   or exists (select from coord.intent i where i.id = coord._import_id(side)))
                  is not true)
        then
            v_left := v_left || jsonb_build_object('table', 'tb_pggit_conflict', 'id', v_id,
                'reason', 'its two intents are not both there');
            continue;
        end if;
        if is_dry_run or exists (select from coord.conflict c where c.id = v_id)
           or v_id is null or v_id < 1
        then
            v_id := null;
        end if;
        v_planned := v_planned || coord._import_conflict_plan(v_row, v_id);
    end loop;
    if not is_dry_run then
        perform setval('coord.conflict_id_seq', greatest(
            (select max((p->>'id')::bigint) from unnest(v_planned) p),
            (select s.last_value from coord.conflict_id_seq s)))
        where exists (select from unnest(v_planned) p where p->>'id' is not null);
    end if;
    for v_no in 1 .. cardinality(v_planned) loop
        if v_planned[v_no]->>'id' is null then
            v_planned[v_no] := jsonb_set(v_planned[v_no], '{id}',
                to_jsonb(nextval('coord.conflict_id_seq')));
            if not is_dry_run then
                v_changed := v_changed || jsonb_build_object('table', 'tb_pggit_conflict',
                    'id', v_planned[v_no]->'source'->'id', 'what', 'id',
                    'was', v_planned[v_no]->'source'->'id', 'is', v_planned[v_no]->'id');
            end if;
        end if;
    end loop;
    select coalesce(jsonb_object_agg(r.intent_id, r.conflicts), '{}') into v_clashes
    from (
        select side.intent_id, jsonb_agg(p order by (p->>'id')::bigint) as conflicts
        from unnest(v_planned) p,
             unnest(array[p->>'intent_a', p->>'intent_b']) side (intent_id)
        group by 1
    ) r;

    -- One after the other, in the order in which they were declared, as if they came now.
    foreach v_row in array v_plans loop
        v_intent := jsonb_populate_record(null::coord.intent, v_row->'intent');
        v_intent.intent_no := nextval('coord.intent_no_seq');
        if exists (select from coord.intent i where i.branch_name = v_intent.branch_name) then
            v_intent.branch_name := coord.allocate_branch(v_intent.feature_name);
        end if;
        v_row := jsonb_set(v_row, '{changed}', v_row->'changed' || coord._import_changed(
            'branch_name', v_row->'source'->>'branch_name', v_intent.branch_name));
        v_intent.status_before_conflict := case v_intent.status when 'conflicted' then (
            select coord._import_status(h.row->>'old_status')
            from jsonb_array_elements(v_history->(v_row->'source'->>'id'))
                with ordinality h (row, no)
            where coord._import_status(h.row->>'new_status') = 'conflicted'
            order by h.no desc limit 1) end;
        v_chain := coord._import_chain(v_intent,
            jsonb_build_object('from', format('%I.tb_pggit_intent', from_schema),
                'schema_changes', to_jsonb(v_intent.schema_changes),
                'tables_affected', to_jsonb(v_intent.tables_affected),
                'unparsed', v_row->'unparsed', 'changed', v_row->'changed'),
            v_history->(v_row->'source'->>'id'), v_clashes->(v_intent.id::text));
        v_intent.history_rows := cardinality(v_chain);
        v_intent.history_hash := v_chain[v_intent.history_rows].row_hash;
        insert into coord.intent select v_intent.*;
        insert into coord.intent_history select c.* from unnest(v_chain) c;
        perform coord._store_footprint(v_intent.intent_no, array_agg(k.key order by k.key),
            array_agg(k.is_exclusive order by k.key), array_agg(k.is_container order by k.key),
            v_row->'analysis'->>'touches')
        from coord._import_keys(v_row->'analysis') k;

        v_findings := null;
        if (select s.is_active from coord.status s where s.status = v_intent.status) then
            select coord._detect(v_intent.intent_no, v_intent.agent_id, v_intent.feature_name,
                array_agg(k.key order by k.key), array_agg(k.is_exclusive order by k.key),
                v_row->'analysis'->>'touches', v_intent.search_path)
            into v_findings from coord._import_keys(v_row->'analysis') k;
        else
            update coord.intent_key k set is_active = false
            where k.intent_no = v_intent.intent_no;
        end if;
        if v_row->'unparsed' <> '[]' then
            v_unread := v_unread || v_intent.id;
        end if;
        for v_clash in
            select p from jsonb_array_elements(
                coalesce(v_clashes->(v_intent.id::text), '[]')) p
            where exists (select from coord.intent i where i.id = (p->>'intent_a')::uuid)
              and exists (select from coord.intent i where i.id = (p->>'intent_b')::uuid)
        loop
            v_conflict := coord._import_conflict(v_clash, v_findings, v_intent, not v_unread
                && array[(v_clash->>'intent_a')::uuid, (v_clash->>'intent_b')::uuid]);
            v_stored := v_stored || v_conflict.id;
            if v_conflict.moot_at is not null then
                v_settled := v_settled || v_conflict.intent_a || v_conflict.intent_b;
                v_moot := v_moot || jsonb_build_object('conflict_id', v_conflict.id,
                    'intent_a', v_conflict.intent_a, 'intent_b', v_conflict.intent_b,
                    'reason', v_conflict.moot_reason);
            end if;
        end loop;
        if v_findings is not null then
            perform coord._store_conflicts(v_intent.id, v_findings, false);
            select array_agg(c.id order by c.id), v_found || array_agg(jsonb_build_object(
                       'conflict_id', c.id, 'intent_a', c.intent_a, 'intent_b', c.intent_b,
                       'conflict_type', c.conflict_type, 'severity', c.severity,
                       'affected_objects', c.affected_objects) order by c.id)
            into v_new, v_found
            from coord.conflict c
            where c.intent_a = v_intent.id and c.is_open and not c.id = any (v_stored);
            perform coord._mark_conflicted(v_intent.id, v_new, v_actor, 'imported');
        end if;
        v_intents := v_intents || jsonb_build_object('id', v_intent.id,
            'source_id', v_row->'source'->'id', 'feature_name', v_intent.feature_name,
            'branch_name', v_intent.branch_name);
        v_changed := v_changed || array(
            select jsonb_build_object('table', 'tb_pggit_intent', 'id', v_row->'source'->'id') || c
            from jsonb_array_elements(v_row->'changed') c);
        v_unparsed := v_unparsed || array(
            select jsonb_build_object('intent_id', v_intent.id,
                       'feature_name', v_intent.feature_name) || u
            from jsonb_array_elements(v_row->'unparsed') u);
    end loop;
    perform coord._settle(
        array(select distinct s from unnest(v_settled) s order by s), 'it was imported');
    v_left := v_left || array(
        select jsonb_build_object('table', 'tb_pggit_intent_history', 'id', h.row->'id',
            'reason', 'its intent was not imported')
        from jsonb_each(v_history) of_intent (id, rows),
             jsonb_array_elements(of_intent.rows) h (row)
        where not exists (
            select from coord.intent i where i.id = coord._import_id(of_intent.id)));
    return json_build_object(
        'from_schema', from_schema,
        'dry_run', is_dry_run,
        'found', json_build_object('intents', cardinality(v_source),
            'conflicts', cardinality(v_conflict_source), 'history', v_rows),
        'imported', json_build_object('intents', cardinality(v_plans),
            'conflicts', cardinality(v_stored), 'history', (
                select coalesce(sum(jsonb_array_length(v_history->(p->'source'->>'id'))), 0)
                from unnest(v_plans) p)),
        'already_there', v_there,
        'intents', (select coalesce(json_agg(json_build_object('id', i->'id',
                        'source_id', i->'source_id', 'feature_name', i->'feature_name',
                        'branch_name', i->'branch_name', 'status', s.status)), '[]')
                    from unnest(v_intents) i
                    join coord.intent s on s.id = (i->>'id')::uuid),
        'unparsed', array_to_json(v_unparsed),
        'changed', array_to_json(v_changed),
        'left', array_to_json(v_left),
        'moot', array_to_json(v_moot),
        'found_now', array_to_json(v_found));
end
$function$;
comment on function coord._import(text, text, name[], boolean) is
    'Imports, and says what it did (internal)';

create or replace function coord._import_keys(
    analysis jsonb, out key text, out is_exclusive boolean, out is_container boolean
) returns setof record
language sql immutable
set search_path = pg_catalog, pg_temp
as $function$
select k #>> '{}', e::boolean, c::boolean
from rows from (jsonb_array_elements(analysis->'keys'),
                jsonb_array_elements(analysis->'are_exclusive'),
                jsonb_array_elements(analysis->'are_containers')) as t (k, e, c)
$function$;
comment on function coord._import_keys(jsonb) is 'The keys of a planned intent (internal)';

create or replace function coord._import_or_not(
    from_schema text, search_path text, effective_path name[], is_dry_run boolean
) returns json
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_report json;
begin
    if from_schema is null or is_dry_run is null then
        perform coord._raise('22004', 'from_schema and dry_run must not be null', null,
            'for example: SELECT coord.import_registry(''public'', dry_run => true)');
    end if;
    if not is_dry_run then
        return coord._import(from_schema, search_path, effective_path, false);
    end if;
    begin
        v_report := coord._import(from_schema, search_path, effective_path, true);
        raise exception using errcode = 'DRY00';
    exception when sqlstate 'DRY00' then
        return v_report;
    end;
end
$function$;
comment on function coord._import_or_not(text, text, name[], boolean) is
    'Imports, or undoes it again and only says what it would do (internal)';

create or replace function coord.import_registry(
    from_schema text default 'public', dry_run boolean default false, search_path text default null
) returns json
language sql volatile
as $function$
select coord._import_or_not($1, $3, pg_catalog.current_schemas(false), $2)
$function$;
comment on function coord.import_registry(text, boolean, text) is
    'Takes over the intents, conflicts and history of Confiture''s registry from its tables in a '
    'schema, and says what could not be kept; the owner only. Names in the DDL resolve through the '
    'caller''s search_path, unless one is given';
