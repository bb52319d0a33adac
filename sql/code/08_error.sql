-- Errors: PL/Python hands them over as data, since plpy.error would prefix the message; these
-- functions raise them. Nobody else in this schema raises what came from elsewhere.

create or replace function coord._raise(
    sqlstate text, message text, detail text default null, hint text default null,
    machine_readable json default null
) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_hint constant text := coalesce(nullif(hint, ''), 'see the documentation of confiture_coord');
begin
    -- RAISE takes no null and shows an empty field, so a field that is not there is left out. JSON
    -- for programs travels in the field DATATYPE, which psql shows in verbose mode only.
    if machine_readable is not null then
        raise exception using errcode = sqlstate, message = message, detail = coalesce(detail, ''),
            hint = v_hint, datatype = machine_readable::text;
    elsif detail <> '' then
        raise exception using errcode = sqlstate, message = message, detail = detail,
            hint = v_hint;
    end if;
    raise exception using errcode = sqlstate, message = message, hint = v_hint;
end
$function$;
comment on function coord._raise(text, text, text, text, json) is
    'Raises an error given as data (internal)';

create or replace function coord._raise(problem text[]) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
begin
    perform coord._raise(problem[1], problem[2], problem[3], problem[4]);
end
$function$;
comment on function coord._raise(text[]) is
    'Raises what the detector reported: SQLSTATE, message, detail, hint (internal)';
