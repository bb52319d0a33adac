-- Errors: PL/Python hands them over as data, since plpy.error would prefix the message; these
-- functions raise them. Nobody else in this schema raises what came from elsewhere.

create or replace function coord._for_client(value text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
-- A message that the client's encoding has no characters for would fail with 22P05 instead of
-- saying anything: one agent's feature in Chinese must not keep a LATIN1 client from registering.
begin
    if current_setting('client_encoding') in ('UTF8', 'SQL_ASCII', getdatabaseencoding()) then
        return value;
    end if;
    begin
        perform convert_to(value, current_setting('client_encoding'));
        return value;
    exception when untranslatable_character then
        return regexp_replace(value, '[^ -~[:space:]]', '?', 'g');
    end;
end
$function$;
comment on function coord._for_client(text) is
    'The text with ? for what the client''s encoding does not have (internal)';

create or replace function coord._raise(
    sqlstate text, message text, detail text default null, hint text default null,
    machine_readable json default null
) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_hint constant text := coord._for_client(
        coalesce(nullif(hint, ''), 'see the documentation of confiture_coord'));
begin
    message := coord._for_client(message);
    detail := coord._for_client(detail);
    -- RAISE takes no null and shows an empty field, so a field that is not there is left out. JSON
    -- for programs travels in the field DATATYPE, which psql shows in verbose mode only.
    if machine_readable is not null then
        raise exception using errcode = sqlstate, message = message, detail = coalesce(detail, ''),
            hint = v_hint, datatype = coord._for_client(machine_readable::text);
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
