"""Ways around the guards that are not on the main road, and what becomes of each."""

from __future__ import annotations

from tests.security.attacks import (
    AGENT,
    DENIED,
    FOUND,
    FOUND_BY_DIGEST,
    HARMLESS,
    LOUD,
    NOBODY,
    NOT_FOUND,
    OTHERS,
    READER,
    REVIEWER,
    SUPERUSER,
    Attack,
    behind_the_guards,
)

INVALID = "22023"

FORGE = """
    create function public.forge() returns trigger language plpgsql as $$
    begin
        new.changed_by := 'somebody else';
        new.row_hash := coord._history_hash(new.id, new.intent_id, new.intent_row, new.event,
            new.old_status, new.new_status, new.conflict_id, new.details, new.reason,
            new.changed_by, new.session_role, new.changed_at, new.previous_hash);
        return new;
    end $$;
    create function public.believe() returns trigger language plpgsql as $$
    begin
        select h.row_hash into new.history_hash from coord.intent_history h
        where h.intent_id = new.id and h.intent_row = new.history_rows;
        return new;
    end $$;
    create trigger forge before insert on coord.intent_history
        for each row execute function public.forge();
    create trigger zealous before update on coord.intent
        for each row execute function public.believe();
"""
WHISPER = """
    create function public.whisper() returns trigger language plpgsql as $$
    begin
        new.pending_event := coalesce(new.pending_event, '{{}}') || '{{"changed_by": "ada"}}';
        return new;
    end $$;
    create trigger a_first before update on coord.intent
        for each row execute function public.whisper();
"""
AFTERWARDS = """
    create function public.afterwards() returns trigger language plpgsql as $$
    begin
        update coord.intent_history set reason = 'x' where id = new.id;
        return null;
    end $$;
"""
MOVE = "select coord.mark_merged('{victim}');"

ATTACKS = [
    # -- code that acts while history is written
    Attack("triggers that forge what comes, hashes included", FORGE + MOVE, (SUPERUSER,), FOUND),
    Attack("trigger that whispers another actor", WHISPER + MOVE, (SUPERUSER,), FOUND),
    Attack("trigger that changes history afterwards", AFTERWARDS + """
        create trigger later after insert on coord.intent_history
            for each row execute function public.afterwards();""" + MOVE, (SUPERUSER,)),
    Attack("trigger that changes history at commit", AFTERWARDS + """
        create constraint trigger later after insert on coord.intent_history
            deferrable initially deferred for each row execute function public.afterwards();
        """ + MOVE + "set constraints all immediate", (SUPERUSER,)),
    Attack("trigger that only looks on", """
        create function public.look() returns trigger language plpgsql as
            'begin perform pg_notify(''x'', new.event); return null; end';
        create trigger look after insert on coord.intent_history
            for each row execute function public.look()""", (SUPERUSER,), HARMLESS),
    Attack("rule that writes into the archive, too", """
        create rule more as on insert to coord.intent_history do also
            insert into coord.archived_history
            values (new.id + 1000000, gen_random_uuid(), 1, new.row_hash, now())""",
        (SUPERUSER,), FOUND),
    Attack("rule in place of moves", """
        create rule no as on update to coord.intent do instead nothing""", becomes=FOUND),
    Attack("rule in place of moves, and a move", """
        create rule no as on update to coord.intent do instead nothing;""" + MOVE,
        (SUPERUSER,), "0A000"),
    Attack("event trigger that looks on", """
        create function public.look() returns event_trigger language plpgsql as 'begin end';
        create event trigger look on ddl_command_end execute function public.look();
        drop event trigger look""", (SUPERUSER,), HARMLESS),
    # -- other ways to a row
    Attack("update through a cursor", """
        do $$
        declare
            rows cursor for select * from coord.intent_history where id = {last} for update;
            one record;
        begin
            open rows;
            fetch rows into one;
            update coord.intent_history set reason = 'x' where current of rows;
        end $$"""),
    Attack("delete by its place in the file", """
        delete from coord.intent_history
        where ctid = (select ctid from coord.intent_history where id = {last})"""),
    Attack("update that finds its rows elsewhere", """
        update coord.intent_history h set reason = 'x' from coord.intent i where i.id = h.intent_id
        """),
    Attack("delete with RETURNING, in a CTE that nobody reads", """
        with gone as (delete from coord.intent_history returning *) select 1"""),
    Attack("update in a loop that catches errors", """
        do $$ begin
            update coord.intent_history set reason = 'x';
        exception when others then null; end $$""", becomes=HARMLESS),
    Attack("delete that is undone", """
        do $$ begin
            alter table coord.intent_history disable trigger user;
            delete from coord.intent_history;
            raise exception 'x';
        exception when others then null; end $$""", becomes=HARMLESS),
    Attack("all triggers off, those of the system too",
           "alter table coord.intent_history disable trigger all", (SUPERUSER,), FOUND),
    Attack("guard for replicas only", """
        alter table coord.intent_history
            enable replica trigger intent_history_100_refuse_row""", becomes=FOUND),
    Attack("row twice, without keys", """
        alter table coord.intent_history drop constraint intent_history_pkey,
            drop constraint intent_history_intent_row_key;
        insert into coord.intent_history select * from coord.intent_history where id = {last}""",
        becomes=FOUND),
    Attack("row without a hash", """
        alter table coord.intent_history alter row_hash drop not null;
        """ + behind_the_guards("""
        update coord.intent_history set row_hash = null where id = {last};"""), becomes=FOUND),
    Attack("time with less precision",
           "alter table coord.intent_history alter changed_at type timestamptz(0)", becomes=FOUND),
    Attack("details of another type",
           "alter table coord.intent_history alter details type text", becomes=LOUD),
    Attack("table in another schema", """
        alter extension confiture_coord drop table coord.intent_history;
        alter table coord.intent_history set schema public""", (SUPERUSER,), LOUD),
    Attack("sequence set back, and a move", """
        select setval('coord.intent_history_id_seq', 1);""" + MOVE, (SUPERUSER,), "23505"),
    Attack("extension dropped, and created again", """
        drop extension confiture_coord cascade;
        create extension confiture_coord""", (SUPERUSER,), FOUND_BY_DIGEST),
    Attack("what a dump would leave out", """
        update pg_extension set extconfig = null, extcondition = null
        where extname = 'confiture_coord'""", (SUPERUSER,), HARMLESS),
    Attack("table that a crash empties", "alter table coord.intent_history set unlogged",
           becomes=HARMLESS),
    Attack("view of settings that says something else", """
        create or replace view coord.setting as
        select 'x'::text as name, 'y'::text as value, 'z'::text as default_value,
               ''::text as description""", (SUPERUSER,), HARMLESS),
    # -- what is no history: docs/security.md says that it is the owner's
    *(
        Attack(what, sql, (SUPERUSER,), NOT_FOUND)
        for what, sql in {
            "open conflict removed": "delete from coord.conflict where is_open",
            "open conflict that counts less":
                "update coord.conflict set severity = 'warning' where is_open",
            "open conflict that counts as moot": """
                update coord.conflict set moot_at = now(), moot_reason = 'x' where is_open""",
            "footprint removed": "delete from coord.intent_footprint",
            "another risk": "update coord.intent set risk_level = 'high'",
            "binding changed": "update coord.agent_binding set role_name = 'x', role_oid = 1",
            "rule that ignores": """
                insert into coord.ignore_rule (agent_id, reason, created_by, created_at)
                values ('ada', 'x', 'x', now())""",
            "final status that is left again": """
                insert into coord.status_transition values ('merged', 'registered')""",
        }.items()
    ),
    # -- without power
    *(
        Attack(what, sql, OTHERS, becomes)
        for what, sql, becomes in [
            ("the superuser's role", "set local role postgres", DENIED),
            ("whoever installed it", """
                do $$ begin execute format('set local role %I', (
                    select r.rolname from pg_roles r where r.rolsuper order by r.oid limit 1));
                end $$""", DENIED),
            ("rights of what will be made there", """
                alter default privileges in schema coord grant all on tables to public""",
                HARMLESS),
            ("rights of what another role makes", """
                alter default privileges for role attack_owner grant all on tables to public""",
                DENIED),
            ("label", "security label on table coord.intent_history is 'x'", INVALID),
            ("comment", "comment on function coord.verify_history(text) is 'x'", DENIED),
            ("operator that would be found first", """
                create function public.no(uuid, uuid) returns boolean language sql
                    return false;
                create operator pg_catalog.= (leftarg = uuid, rightarg = uuid,
                    function = public.no)""", DENIED),
            ("cast of types that are not one's own", """
                create function public.no(jsonb) returns text language sql return 'x';
                create cast (jsonb as text) with function public.no(jsonb)""", "42501"),
            ("operator family that indexes use", """
                alter operator family pg_catalog.uuid_ops using btree
                    drop operator 3 (uuid, uuid)""", DENIED),
            ("cluster", "cluster coord.intent_history using intent_history_pkey", DENIED),
            ("reindex", "reindex table coord.intent_history", DENIED),
            ("statistics", "create statistics public.x on id, event from coord.intent_history",
                DENIED),
            ("index", "create index on coord.intent_history (reason)", DENIED),
            ("publication", "create publication x for table coord.intent_history", DENIED),
            ("slot", "select pg_create_logical_replication_slot('x', 'pgoutput')", DENIED),
            ("another owner", "reassign owned by attack_owner to current_user", DENIED),
            ("file of the server", "select pg_read_file('postgresql.conf')", DENIED),
            ("program", "copy (select 1) to program 'true'", DENIED),
            ("large object as a file", "select lo_import('/etc/hostname')", DENIED),
            ("function in a language that nobody guards", """
                create function public.run() returns void language plpython3u as 'pass'""", DENIED),
            ("reload", "select pg_reload_conf()", DENIED),
            ("row lock", "select * from coord.intent for update", DENIED),
            ("table lock", "lock table coord.intent in row exclusive mode", DENIED),
        ]
    ),
    Attack("dump without history", """
        select pg_extension_config_dump('coord.intent_history', 'where false')""",
        (SUPERUSER, REVIEWER, AGENT, READER), "0A000"),
    Attack("functions of the same names in pg_temp", """
        create function pg_temp._raise(text, text, text, text, json) returns void
            language plpgsql as 'begin end';
        create function pg_temp.verify_history(text) returns int language sql return 0;
        create function pg_temp.sha256(bytea) returns bytea language sql return $1;
        set local search_path = pg_temp, coord, public""", OTHERS, HARMLESS),
    Attack("statistics that nobody may take", "analyze coord.intent_history",
           (REVIEWER, AGENT, READER), HARMLESS),
    Attack("internal function that writes for the client", "select coord._for_client('x')",
           (NOBODY,), DENIED),
    # -- names that look like others
    *(
        Attack(f"name with {what}", f"""
            select coord.register_intent('a{character}da', 'x', 'create table x ()')""",
            (AGENT,), INVALID)
        for what, character in {
            "a soft hyphen": "\u00ad", "nothing in it": "\u200b", "a mark of direction": "\u200f",
            "a line separator": "\u2028", "reversed order": "\u202e", "an isolate": "\u2066",
            "a word joiner": "\u2060", "a byte order mark": "\ufeff",
            "what a terminal obeys": "\u009b",
        }.items()
    ),
    *(
        Attack(f"reason with {what}", f"""
            select coord.mark_merged('{{victim}}', 'fine{character}')""", (AGENT,), INVALID)
        for what, character in {
            "reversed order": "\u202e", "an isolate": "\u2067", "a paragraph": "\u2029",
            "what a terminal obeys": "\u009b",
        }.items()
    ),
]  # fmt: skip
