-- Taking over an installation of Confiture's registry: its tables tb_pggit_intent,
-- tb_pggit_conflict and tb_pggit_intent_history.
--
-- The owner only, and with the owner's own rights: nothing here is SECURITY DEFINER. The DDL in
-- the tables is parsed, as at a registration, and never executed.

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
