-- Event triggers that note what the server itself says of DDL.
create schema watch;
create table watch.seen (no bigint generated always as identity, what text, kind text, schema text,
                         name text, identity text, original boolean, names text[]);
create function watch.commands() returns event_trigger language plpgsql security definer
set search_path = pg_catalog as $$
begin
    insert into watch.seen (what, kind, schema, identity)
    select command_tag, object_type, schema_name, object_identity
    from pg_event_trigger_ddl_commands();
end $$;
create function watch.drops() returns event_trigger language plpgsql security definer
set search_path = pg_catalog as $$
begin
    insert into watch.seen (what, kind, schema, name, identity, original, names)
    select 'drop', object_type, schema_name, object_name, object_identity, original, address_names
    from pg_event_trigger_dropped_objects()
    where not is_temporary;
end $$;
create event trigger watch_commands on ddl_command_end execute function watch.commands();
create event trigger watch_drops on sql_drop execute function watch.drops();
