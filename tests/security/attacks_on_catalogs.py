"""What the powerful may try below the tables: in catalogs, functions, archives and conflicts."""

from __future__ import annotations

from tests.security.attacks import (
    FOUND,
    HARMLESS,
    LOUD,
    SUPERUSER,
    Attack,
    behind_the_guards,
)

NEW_BODY = "language plpgsql as 'begin return new; end'"

ATTACKS = [
    # -- other ways to write
    Attack("merge", """
        merge into coord.intent_history h using (select 1) x on h.id = {last}
        when matched then update set reason = 'x'""", since=15),
    Attack("merge that deletes", """
        merge into coord.intent_history h using (select 1) x on h.id = {last}
        when matched then delete""", since=15),
    Attack("insert that does nothing where the row is there", """
        insert into coord.intent_history select * from coord.intent_history
        on conflict do nothing""", becomes=HARMLESS),
    Attack("row written by hand", """
        insert into coord.intent_history (intent_id, intent_row, event, old_status, new_status,
            changed_by, session_role, changed_at, previous_hash, row_hash)
        select intent_id, intent_row + 1, event, new_status, new_status, 'x', 'x', now(), row_hash,
            sha256('x') from coord.intent_history where id = {last}""", becomes=FOUND),
    Attack("update through a view", """
        create view public.x as select * from coord.intent_history;
        update public.x set reason = 'x'""", (SUPERUSER,)),
    Attack("delete through a parent", """
        create table public.x (like coord.intent_history including all);
        alter table coord.intent_history inherit public.x; delete from public.x""", (SUPERUSER,)),
    Attack("truncate through a parent", """
        create table public.x (like coord.intent_history including all);
        alter table coord.intent_history inherit public.x; truncate public.x""", (SUPERUSER,)),
    Attack("update of a partition", """
        create table public.x (like coord.intent_history) partition by list (event);
        alter table public.x attach partition coord.intent_history default;
        update public.x set reason = 'x'""", (SUPERUSER,)),
    Attack("row moved to another partition", """
        create table public.x (like coord.intent_history) partition by list (event);
        alter table public.x attach partition coord.intent_history default;
        create table public.y partition of public.x for values in ('gone');
        update public.x set event = 'gone' where id = {last}""", (SUPERUSER,)),
    # -- the catalogs themselves
    Attack("guards off in the catalog", """
        update pg_trigger set tgenabled = 'D' where tgname ~ '^intent_history_100'""",
        (SUPERUSER,), FOUND),
    Attack("table without triggers in the catalog", """
        update pg_class set relhastriggers = false where oid = 'coord.intent_history'::regclass""",
        (SUPERUSER,), FOUND),
    Attack("table without triggers, and a change", """
        update pg_class set relhastriggers = false where oid = 'coord.intent_history'::regclass;
        update coord.intent_history set reason = 'x' where id = {last};
        update pg_class set relhastriggers = true where oid = 'coord.intent_history'::regclass""",
        (SUPERUSER,), FOUND),
    Attack("body of a guard in the catalog", """
        update pg_proc set prosrc = 'begin return new; end'
        where proname = '_refuse_history_change'""", (SUPERUSER,), FOUND),
    # -- functions, without touching a row
    *(
        Attack(what, sql, (SUPERUSER,), FOUND)
        for what, sql in {
            "guard that lets pass": f"""
                create or replace function coord._refuse_history_change() returns trigger
                security definer set search_path = pg_catalog, pg_temp {NEW_BODY}""",
            "guard of intents that lets pass": f"""
                create or replace function coord._guard_intent() returns trigger
                security definer set search_path = pg_catalog, pg_temp {NEW_BODY}""",
            "raise that raises nothing": """
                create or replace function coord._raise(sqlstate text, message text,
                    detail text default null, hint text default null,
                    machine_readable json default null) returns void
                language plpgsql stable set search_path = pg_catalog, pg_temp as 'begin end'""",
            "raise that fits better": """
                create function coord._raise(text, text, text, text) returns void
                language plpgsql as 'begin end'""",
            "check of moves that allows all": """
                create or replace function coord._check_transition(intent_id uuid, old_status text,
                    new_status text) returns void
                language plpgsql stable set search_path = pg_catalog, pg_temp as 'begin end'""",
            "hash that is always the same": """
                create or replace function coord._history_hash(id bigint, intent_id uuid,
                    intent_row integer, event text, old_status text, new_status text,
                    conflict_id bigint, details jsonb, reason text, changed_by text,
                    session_role text, changed_at timestamptz, previous_hash bytea) returns bytea
                language sql stable as 'select ''x''::bytea'""",
            "caller that is always another": """
                create or replace function coord._caller() returns name
                language plpgsql stable set search_path = pg_catalog, pg_temp
                as 'begin return ''ada''; end'""",
            "everybody a reviewer": """
                create or replace function coord._is_member(group_role name) returns boolean
                language plpgsql stable set search_path = pg_catalog, pg_temp
                as 'begin return true; end'""",
            "definer that runs as whoever calls": """
                alter function coord._guard_intent() security invoker""",
            "function with a path of the attacker's": """
                alter function coord._append_history set search_path = public, pg_catalog""",
            "function with no path": "alter function coord._raise(text[]) reset search_path",
            "function with one more setting": """
                alter function coord._refuse_history_change()
                set session_replication_role = replica""",
            "function that is gone": """
                alter extension confiture_coord
                    drop function coord._check_active(coord.intent, text);
                drop function coord._check_active(coord.intent, text)""",
            "function of another language": """
                create or replace function coord._container_bucket(key text) returns smallint
                language sql immutable set search_path = pg_catalog, pg_temp as 'select 0::int2'""",
        }.items()
    ),
    Attack("definer's guard without its table's rights", """
        revoke all on coord.intent_history from current_user""", becomes=HARMLESS),
    # -- what verification itself stands on
    Attack("operators that say yes", """
        create function public.yes(bytea, bytea) returns boolean language sql as 'select false';
        create operator public.<> (leftarg = bytea, rightarg = bytea, function = public.yes);
        create function public.same(text) returns bytea language sql as 'select ''x''::bytea';
        set local search_path = public, pg_catalog""", (SUPERUSER,), HARMLESS),
    Attack("cast of the attacker's", """
        create function public.x(jsonb) returns text language sql as 'select ''x''::text';
        create cast (jsonb as text) with function public.x(jsonb) as implicit""",
        (SUPERUSER,), HARMLESS),
    Attack("column that is gone", "alter table coord.intent_history drop column reason",
           becomes=LOUD),
    Attack("column of another name", """
        alter table coord.intent_history rename column reason to x""", becomes=LOUD),
    Attack("sequence set back", "select setval('coord.intent_history_id_seq', 1)",
           (SUPERUSER,), HARMLESS),
    Attack("table out of the extension", """
        alter extension confiture_coord drop table coord.intent_history""", (SUPERUSER,), HARMLESS),
    # -- values, behind the guards
    *(
        Attack(what, behind_the_guards(sql), becomes=FOUND)
        for what, sql in {
            "for ever": """
                update coord.intent_history set changed_at = 'infinity' where id = {last};""",
            "since ever": """
                update coord.intent_history set changed_at = '-infinity' where id = {last};""",
            "before Christ": """
                update coord.intent_history set changed_at = changed_at - '4000 years'::interval
                where id = {last};""",
            "text moved to its neighbour": """
                update coord.intent_history set reason = changed_by, changed_by = ''
                where id = {last};""",
            "null that is empty now": """
                update coord.intent_history set reason = '' where reason is null;""",
            "conflict that was none": """
                update coord.intent_history set conflict_id = 0 where conflict_id is null;""",
            "number written otherwise": """
                update coord.intent_history
                set details = jsonb_set(details, '{{schema_changes}}', '1.0') where intent_row = 1;
                """,
            "key twice": """
                update coord.intent_history
                set details = ('{{"x": 1, ' || substr(details::text, 2))::jsonb
                where intent_row = 1;""",
            "last number there is": """
                update coord.intent_history set intent_row = 2147483647 where id = {last};""",
            "first number there is": """
                update coord.intent_history set intent_row = -2147483648 where id = {last};""",
            "plan of another": """
                update coord.intent set schema_changes = '{{select 1}}' where id = '{victim}';""",
            "intent of another": """
                update coord.intent set agent_id = 'mallory' where id = '{victim}';""",
            "history that counts as archived": """
                insert into coord.archived_history
                select id, intent_id, intent_row, row_hash, now() from coord.intent_history
                where id = {last};
                delete from coord.intent_history where id = {last};""",
            "archived rows of an intent that is here": """
                insert into coord.archived_history
                select 1000000 + id, intent_id, intent_row, row_hash, now()
                from coord.intent_history where id = {last};""",
        }.items()
    ),
    Attack("the same value, written again", behind_the_guards("""
        update coord.intent_history set details = details::text::jsonb, reason = reason || '';"""),
        becomes=HARMLESS),
    # -- reviews
    *(
        Attack(what, sql, becomes=FOUND)
        for what, sql in {
            "review undone": """
                update coord.conflict set reviewed = false, reviewed_at = null, reviewed_by = null
                where reviewed""",
            "reviewed conflict removed": "delete from coord.conflict where reviewed",
            "review by another": "update coord.conflict set reviewed_by = 'x' where reviewed",
            "other notes": "update coord.conflict set resolution_notes = 'x' where reviewed",
            "another severity after the review": """
                update coord.conflict
                set severity = case severity when 'error' then 'warning' else 'error' end
                where reviewed""",
        }.items()
    ),
]  # fmt: skip
