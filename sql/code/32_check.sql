-- Checks of what callers pass in, before anything else is done with it.

create or replace function coord._check_readable(argument text, value text, hidden text)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
-- What a terminal obeys, what changes the order of what is read, and what nobody sees: with it one
-- name, or one line of history, looks like another. By bytes, since [:cntrl:] is as the locale says.
declare
    v_bytes text;
begin
    if value is null or value !~ '[^ -~]' then
        return;
    end if;
    v_bytes := encode(convert_to(value, 'UTF8'), 'hex');
    if value ~ '[[:cntrl:]]' or v_bytes ~ '^(?:..)*c2[89]' then
        perform coord._raise('22023', format('%s must not contain control characters', argument),
            format('given: %s', to_json(value)),
            'plain text: names on one line, reasons and notes with line breaks if need be');
    elsif v_bytes ~ ('^(?:..)*' || hidden) then
        perform coord._raise('22023',
            format('%s must not contain characters that hide or reorder others', argument),
            format('in UTF-8: %s', left(v_bytes, 200)),
            'leave out what cannot be seen: zero-width characters, marks of direction');
    end if;
end
$function$;
comment on function coord._check_readable(text, text, text) is
    'Raises for a text that is not what it looks like (internal)';

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
    end if;
    -- soft hyphen, U+200B, U+200E and F, U+2028 to 202E, U+2060 to 206F, U+FEFF; the joiners
    -- U+200C and D are letters' business
    perform coord._check_readable(
        argument, value, '(?:c2ad|e280(?:8[bef]|a[89a-e])|e281a|efbbbf)');
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
    end if;
    -- U+2028 and 2029, U+202A to 202E, U+2066 to 2069
    perform coord._check_readable(
        argument, translate(value, e'\t\r\n', ''), '(?:e280a[89a-e]|e281a[6-9])');
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
