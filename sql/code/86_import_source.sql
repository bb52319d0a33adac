-- Reading the tables of an installation of Confiture's registry, which stay as they are.
--
-- What is read may belong to somebody else, so nothing that could run their code is touched: only
-- plain tables, without those that inherit from them, and only columns of PostgreSQL's own types.

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
