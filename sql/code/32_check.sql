-- Checks of what callers pass in, before anything else is done with it.

create or replace function coord._check_name(argument text, value text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_limit integer := coord._setting_of('max_name_length')::integer;
begin
    if value is null then
        perform coord._raise('22004', format('%s must not be null', argument), null,
            format('give %s a short text that others will recognise', argument));
    elsif btrim(value, e' \t\r\n') = '' then
        perform coord._raise('22023', format('%s must not be empty', argument), null,
            format('give %s a short text that others will recognise', argument));
    elsif length(value) > v_limit then
        perform coord._raise('54000', format('%s is too long', argument),
            format('%s characters; the limit is %s (setting max_name_length)',
                   length(value), v_limit),
            'shorten it; longer explanations belong into metadata');
    elsif value ~ '[[:cntrl:]]' then
        perform coord._raise('22023', format('%s must not contain control characters', argument),
            format('given: %s', to_json(value)), 'keep it on one line');
    end if;
end
$function$;
comment on function coord._check_name(text, text) is
    'Raises for a name that is null, blank, unprintable or too long (internal)';

create or replace function coord._check_text(argument text, value text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_limit integer := coord._setting_of('max_text_length')::integer;
begin
    if length(value) > v_limit then
        perform coord._raise('54000', format('%s is too long', argument),
            format('%s characters; the limit is %s (setting max_text_length)',
                   length(value), v_limit), 'shorten it, and link to the rest');
    elsif translate(value, e'\t\r\n', '') ~ '[[:cntrl:]]' then
        -- what a terminal obeys could make one line of history look like another
        perform coord._raise('22023', format('%s must not contain control characters', argument),
            format('given: %s', to_json(value)), 'plain text, with line breaks if need be');
    end if;
end
$function$;
comment on function coord._check_text(text, text) is
    'Raises for a text that is too long or unprintable (internal)';

create or replace function coord._choice(argument text, value text, choices text[]) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
begin
    if value is null then
        perform coord._raise('22004', format('%s must not be null', argument), null,
            format('one of: %s', array_to_string(choices, ', ')));
    elsif not lower(value) = any (choices) then
        perform coord._raise('22023', format('%s cannot be "%s"', argument, value), null,
            format('one of: %s', array_to_string(choices, ', ')));
    end if;
    return lower(value);
end
$function$;
comment on function coord._choice(text, text, text[]) is
    'The value in lower case, or 22023 when it is none of the choices (internal)';

create or replace function coord._check_metadata(metadata jsonb) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_limit integer := coord._setting_of('max_metadata_bytes')::integer;
begin
    if metadata is null then
        return '{}';
    elsif jsonb_typeof(metadata) <> 'object' then
        perform coord._raise('22023', 'metadata must be a JSON object',
            format('given: %s', jsonb_typeof(metadata)), 'for example {"ticket": "PAY-123"}');
    elsif octet_length(metadata::text) > v_limit then
        perform coord._raise('54000', 'metadata is too large',
            format('%s bytes; the limit is %s (setting max_metadata_bytes)',
                   octet_length(metadata::text), v_limit), 'store a link instead');
    end if;
    return metadata;
end
$function$;
comment on function coord._check_metadata(jsonb) is
    'The metadata, or an error when it is no object or too large (internal)';
