-- What scripts touch, and what two scripts would do to each other: these functions write nothing.

create or replace function coord._footprint(
    changes text, change_list text[], search_path text, effective_path name[],
    out problem text[], out statement_no integer[], out object_kind text[],
    out schema_name text[], out object_name text[], out sub_name text[], out action text[],
    out facet text[]
)
language plpython3u stable
as $function$
{{detector}}
return detector.footprint(changes, change_list, search_path, effective_path)
$function$;
comment on function coord._footprint(text, text[], text, name[]) is
    'The columns of a footprint as arrays, or the problem in its way (internal)';

create or replace function coord._footprint_rows(
    changes text, change_list text[], search_path text, effective_path name[]
) returns table (
    statement_no integer, object_kind text, schema_name text, object_name text, sub_name text,
    action text, facet text
)
language plpgsql stable
as $function$
-- No SET, which would cost more than all the rest: what is called here is spelled out in full
-- (unnest with several arguments is syntax, and always means pg_catalog's).
declare
    f record;
begin
    f := coord._footprint(changes, change_list, search_path, effective_path);
    if f.problem is not null then
        perform coord._raise(f.problem);
    end if;
    return query select * from unnest(f.statement_no, f.object_kind, f.schema_name,
        f.object_name, f.sub_name, f.action, f.facet);
end
$function$;
comment on function coord._footprint_rows(text, text[], text, name[]) is
    'The rows of a footprint (internal)';

create or replace function coord.footprint(schema_changes text, search_path text default null)
returns table (
    statement_no integer, object_kind text, schema_name text, object_name text, sub_name text,
    action text, facet text
)
language sql stable
as $function$
select * from coord._footprint_rows(schema_changes, null, search_path,
    pg_catalog.current_schemas(false))
$function$;
comment on function coord.footprint(text, text) is
    'Every object that the script creates, alters, drops or uses; reads no table. No fixed '
    'search_path on purpose: names resolve through the caller''s, unless one is given';

create or replace function coord.footprint(schema_changes text[], search_path text default null)
returns table (
    statement_no integer, object_kind text, schema_name text, object_name text, sub_name text,
    action text, facet text
)
language sql stable
as $function$
select * from coord._footprint_rows(null, schema_changes, search_path,
    pg_catalog.current_schemas(false))
$function$;
comment on function coord.footprint(text[], text) is
    'Every object that the statements create, alter, drop or use; reads no table. No fixed '
    'search_path on purpose: names resolve through the caller''s, unless one is given';

create or replace function coord._limits() returns integer[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
begin
    return array[coord._setting_of('max_script_bytes')::integer,
                 coord._setting_of('max_statement_bytes')::integer,
                 coord._setting_of('max_statements')::integer,
                 coord._setting_of('max_tables')::integer];
end
$function$;
comment on function coord._limits() is 'The limits of the detector, as it takes them (internal)';

create or replace function coord._compare(
    text_a text, list_a text[], text_b text, list_b text[], search_path text,
    effective_path name[], use_catalog boolean, limits integer[],
    out problem text[], out conflicts json
)
language plpython3u stable
set plan_cache_mode = force_generic_plan
set jit = off
set quote_all_identifiers = off
as $function$
{{detector}}
return detector.compare(
    text_a, list_a, text_b, list_b, search_path, effective_path, use_catalog, limits)
$function$;
comment on function coord._compare(text, text[], text, text[], text, name[], boolean, integer[]) is
    'The conflicts between two scripts as JSON, or the problem in the way (internal)';

create or replace function coord._compare_rows(
    text_a text, list_a text[], text_b text, list_b text[], search_path text,
    effective_path name[], use_catalog boolean
) returns table (
    conflict_type text, severity text, outcome text, affected_objects text[], first_side text,
    resolution_suggestions text[]
)
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    f record;
begin
    if use_catalog is null then
        perform coord._raise('22004', 'use_catalog must not be null', null,
            'leave it out, or give true or false');
    end if;
    f := coord._compare(text_a, list_a, text_b, list_b, search_path, effective_path, use_catalog,
        coord._limits());
    if f.problem is not null then
        perform coord._raise(f.problem);
    end if;
    return query
        select c.conflict_type, c.severity, c.outcome, c.affected_objects, c.first_side,
               c.resolution_suggestions
        from json_to_recordset(f.conflicts) as c (
            conflict_type text, severity text, outcome text, affected_objects text[],
            first_side text, resolution_suggestions text[]);
end
$function$;
comment on function coord._compare_rows(text, text[], text, text[], text, name[], boolean) is
    'The conflicts between two scripts; as the owner, whose fixed queries of the catalog see every '
    'object (internal)';

create or replace function coord.compare_changes(
    changes_a text, changes_b text, search_path text default null, use_catalog boolean default true
) returns table (
    conflict_type text, severity text, outcome text, affected_objects text[], first_side text,
    resolution_suggestions text[]
)
language sql stable
as $function$
select * from coord._compare_rows(changes_a, null, changes_b, null, search_path,
    pg_catalog.current_schemas(false), use_catalog)
$function$;
comment on function coord.compare_changes(text, text, text, boolean) is
    'Would these two scripts conflict? Names resolve through the caller''s search_path';

create or replace function coord.compare_changes(
    changes_a text[], changes_b text[], search_path text default null,
    use_catalog boolean default true
) returns table (
    conflict_type text, severity text, outcome text, affected_objects text[], first_side text,
    resolution_suggestions text[]
)
language sql stable
as $function$
select * from coord._compare_rows(null, changes_a, null, changes_b, search_path,
    pg_catalog.current_schemas(false), use_catalog)
$function$;
comment on function coord.compare_changes(text[], text[], text, boolean) is
    'Would these two lists of statements conflict? Names resolve through the caller''s search_path';

create or replace function coord.compare_changes(
    changes_a text, changes_b text[], search_path text default null,
    use_catalog boolean default true
) returns table (
    conflict_type text, severity text, outcome text, affected_objects text[], first_side text,
    resolution_suggestions text[]
)
language sql stable
as $function$
select * from coord._compare_rows(changes_a, null, null, changes_b, search_path,
    pg_catalog.current_schemas(false), use_catalog)
$function$;
comment on function coord.compare_changes(text, text[], text, boolean) is
    'Would a script and a list conflict? Names resolve through the caller''s search_path';

create or replace function coord.compare_changes(
    changes_a text[], changes_b text, search_path text default null,
    use_catalog boolean default true
) returns table (
    conflict_type text, severity text, outcome text, affected_objects text[], first_side text,
    resolution_suggestions text[]
)
language sql stable
as $function$
select * from coord._compare_rows(null, changes_a, changes_b, null, search_path,
    pg_catalog.current_schemas(false), use_catalog)
$function$;
comment on function coord.compare_changes(text[], text, text, boolean) is
    'Would a list and a script conflict? Names resolve through the caller''s search_path';

create or replace function coord._detector_facts(out problem text[], out facts json)
language plpython3u stable
as $function$
{{detector}}
return detector.facts()
$function$;
comment on function coord._detector_facts() is
    'What the loader says about the parser, as JSON (internal)';
