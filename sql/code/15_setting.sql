-- Settings: their names, defaults and meaning, and the view through which the owner changes them.

delete from coord.setting_default;
insert into coord.setting_default (name, value, check_as, description)
values
    ('conflicted_from', 'warning', 'warning|error',
     'from which severity on an open conflict makes a new intent conflicted'),
    ('lock_wait_ms', '5000', 'number',
     'how long a call waits for another transaction before it gives up with 55P03'),
    ('merge_needs_reviewer', 'off', 'on|off',
     'whether only members of coord_reviewer may mark an intent merged'),
    ('branch_hook', '', 'function',
     'a function of one text argument, called with each new branch name and the caller''s rights'),
    ('notify_channel', '', 'channel',
     'a channel that is notified of each registration that found conflicts'),
    ('warnings_shown', '10', 'number',
     'how many conflicts one registration raises as warnings'),
    ('max_script_bytes', '1000000', 'number', 'how long all the changes of one call may be'),
    ('max_statement_bytes', '200000', 'number', 'how long one statement may be'),
    ('max_statements', '20000', 'number', 'how many statements one call may hand in'),
    ('max_name_length', '255', 'number', 'how long an agent id or a feature name may be'),
    ('max_tables', '10000', 'number', 'how many tables tables_affected may name'),
    ('max_metadata_bytes', '100000', 'number', 'how large the metadata may be'),
    ('max_text_length', '10000', 'number', 'how long a reason or a note may be');

create or replace function coord._setting_of(name text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_value text;
begin
    select coalesce(s.value, d.value) into v_value
    from coord.setting_default d left join coord.setting_value s on s.name = d.name
    where d.name = $1;
    return v_value;
end
$function$;
comment on function coord._setting_of(text) is 'The value in force of one setting (internal)';

create or replace view coord.setting as
select d.name, coalesce(s.value, d.value) as value, d.value as default_value, d.description
from coord.setting_default d
left join coord.setting_value s on s.name = d.name;
comment on view coord.setting is
    'Policy and limits; the owner changes them with UPDATE, everybody in coord_reader reads them';

create or replace function coord._write_setting() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_default record;
begin
    if tg_op = 'DELETE' then
        delete from coord.setting_value where name = old.name;
        return old;
    end if;
    if tg_op = 'UPDATE' and new.name <> old.name then
        perform coord._raise('22023', 'a setting cannot be renamed',
            format('"%s" to "%s"', old.name, new.name), 'set the value of the other setting');
    end if;
    select * into v_default from coord.setting_default d where d.name = new.name;
    if not found then
        perform coord._raise('22023', format('unknown setting "%s"', new.name), null,
            'list the settings with: SELECT * FROM coord.setting');
    end if;
    if new.value is null then
        perform coord._raise('22004', format('setting "%s" needs a value', new.name), null,
            'DELETE the row to return to the default');
    end if;
    if v_default.check_as = 'number' and new.value !~ '^[0-9]{1,9}$' then
        perform coord._raise('22023', format('setting "%s" is a number', new.name),
            format('given: "%s"', new.value), 'give digits only');
    elsif v_default.check_as like '%|%'
        and not new.value = any (string_to_array(v_default.check_as, '|')) then
        perform coord._raise('22023', format('setting "%s" cannot be "%s"', new.name, new.value),
            null, format('one of: %s', replace(v_default.check_as, '|', ', ')));
    elsif v_default.check_as = 'channel' and octet_length(new.value) > 63 then
        perform coord._raise('22023', format('setting "%s" is no name of a channel', new.name),
            format('given: "%s"', new.value), 'a channel has 63 bytes at most');
    elsif v_default.check_as = 'function' and new.value <> ''
        and to_regprocedure(new.value) is null then
        perform coord._raise('22023', format('setting "%s" names no function', new.name),
            format('given: "%s"', new.value),
            'give its schema and argument types: my_schema.my_function(text)');
    end if;
    if new.value = v_default.value then
        delete from coord.setting_value where name = new.name;
    else
        insert into coord.setting_value as s (name, value) values (new.name, new.value)
        on conflict on constraint setting_value_pkey do update set value = excluded.value;
    end if;
    return new;
end
$function$;
comment on function coord._write_setting() is 'Checks and stores a changed setting (internal)';

create or replace trigger setting_100_write
instead of insert or update or delete on coord.setting
for each row execute function coord._write_setting();
