"""Pairs that once misled the rules, with SQL that a block puts together."""

from __future__ import annotations


def block(*lines: str) -> str:
    return f"do $$ {' '.join(lines)} end $$"


def each_of(names: str, command: str) -> str:
    """A block that runs a command for each of some names."""
    return block(
        f"declare x text; begin foreach x in array array[{names}] loop",
        f"execute format('{command}', x); end loop;",
    )


def each_table(command: str, condition: str = "tablename in ('team', 'note')") -> str:
    """A block that runs a command for the tables that it finds."""
    return block(
        "declare r record; begin for r in select tablename from pg_tables",
        f"where schemaname = 'public' and {condition} loop",
        f"execute format('{command}', r.tablename); end loop;",
    )


def with_column(column: str, command: str) -> str:
    """A block that runs a command for the tables that have a column."""
    return block(
        "declare t regclass; begin for t in select c.oid::regclass from pg_class c",
        f"join pg_attribute a on a.attrelid = c.oid and a.attname = '{column}'",
        "where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace loop",
        f"execute format('{command}', t); end loop;",
    )


ANEW = block(
    "declare r record; begin for r in select tablename from pg_tables",
    "where schemaname = 'public' and tablename in ('team', 'note') loop",
    "execute format('drop policy if exists mine on %I', r.tablename);",
    "execute format('create policy mine on %I using (true)', r.tablename); end loop;",
)

EVENTS = block(
    "begin for y in 21..22 loop execute format('create table event_%s partition of event"
    " for values from (%s) to (%s)', y, y, y + 1); end loop;"
)

BLOCKS: dict[str, tuple[str, str]] = {
    "partitions in a loop, and the parent renamed": (
        EVENTS,
        "alter table event rename to happening",
    ),
    "partitions in a loop, and one that overlaps the second": (
        EVENTS,
        "create table more partition of event for values from (22) to (25)",
    ),
    "partitions in a loop, and one that does not overlap": (
        EVENTS,
        "create table more partition of event for values from (32) to (35)",
    ),
    "partitions in a loop, and all tables granted": (
        EVENTS,
        "grant select on all tables in schema public to telling_reader",
    ),
    "partitions in a loop, and one of the names": (EVENTS, "create table event_22 (id integer)"),
    "an index for each of some tables": (
        each_of("'team', 'member'", "create index on %I (id)"),
        "alter table member rename to members_all",
    ),
    "a column for each of some tables, and another one": (
        each_of("'team', 'member'", "alter table %I add column since date"),
        "alter table member add column until date",
    ),
    "a column for each of some tables, twice": (
        each_of("'team', 'member'", "alter table %I add column since date"),
        "alter table member add column since timestamp",
    ),
    "a column for each of some tables, and for another": (
        each_of("'team', 'member'", "alter table %I add column since date"),
        "alter table note add column since date",
    ),
    "a table whose name is a constant": (
        block(
            "declare x constant text := 'note'; c text; begin",
            "c := format('alter table %I add column since date', x); execute c;",
        ),
        "alter table note add column since timestamp",
    ),
    "a trigger for each of some tables, and its function": (
        each_of(
            "'team', 'site'",
            "create trigger t before update on %I for each row execute function touch()",
        ),
        "alter function touch() rename to touched",
    ),
    "a trigger for each table found, and its function": (
        each_table("create trigger t before update on %I for each row execute function touch()"),
        "alter function touch() rename to touched",
    ),
    "a column for each table found, and its type": (
        each_table("alter table %I add column at place"),
        "alter type place rename to spot",
    ),
    "a reference for each table found, and what it refers to": (
        each_table("alter table %I add column about integer references member"),
        "alter table member rename to members_all",
    ),
    "an owner for each table found, and another for one": (
        each_table("alter table public.%I owner to telling_reader"),
        "alter table note owner to pg_monitor",
    ),
    "an owner for each table found, and the same for one": (
        each_table("alter table public.%I owner to telling_reader"),
        "alter table note owner to telling_reader",
    ),
    "row security for each table found, and none for one": (
        each_table("alter table %I enable row level security"),
        "alter table note disable row level security",
    ),
    "row security for each table found, and a column for one": (
        each_table("alter table %I enable row level security"),
        "alter table note add column since date",
    ),
    "a grant on each table found, taken away from one": (
        each_table("grant select on %I to telling_reader"),
        "revoke select on note from telling_reader",
    ),
    "a grant on each table found, and another on one": (
        each_table("grant select on %I to telling_reader"),
        "grant insert on note to telling_reader",
    ),
    "a column for each table found, and the same for one": (
        each_table("alter table %I add column since date"),
        "alter table note add column since timestamp",
    ),
    "a policy for each table found, and the same for one": (
        each_table("create policy mine on %I using (true)"),
        "create policy mine on note using (false)",
    ),
    "a comment that is computed, and the table renamed": (
        block("begin execute format('comment on table note is %L', now()::text);"),
        "alter table note rename to remark",
    ),
    "rows of a table in a computed command, and the table renamed": (
        block("begin execute 'delete from site where id = ' || floor(random())::text;"),
        "alter table site rename to place_of",
    ),
    "a policy made anew for each table found, and the same for one": (
        ANEW,
        "drop policy if exists mine on note; create policy mine on note using (true)",
    ),
    "a policy made anew for each table found, and another for one": (
        ANEW,
        "drop policy if exists mine on note; create policy mine on note using (false)",
    ),
    "a column for each table without it, and the same for one": (
        each_table("alter table %I add column if not exists since date"),
        "alter table note add column if not exists since date",
    ),
    "a column for each table without it, and another type for one": (
        each_table("alter table %I add column if not exists since date"),
        "alter table note add column if not exists since timestamp",
    ),
    "every table that has a column, and a new one without it": (
        with_column("body", "alter table %s force row level security"),
        "create table extra (id integer)",
    ),
    "every table that has a column, and a new one with it": (
        with_column("body", "alter table %s force row level security"),
        "create table extra (id integer, body text)",
    ),
    "every table that has a column, and a new one that takes it over": (
        with_column("body", "alter table %s force row level security"),
        "create table extra (like note)",
    ),
    "every table that has a column, and one that gets it": (
        with_column("body", "alter table %s force row level security"),
        "alter table team add column body text",
    ),
    "labels added where they are missing, and one of them": (
        block(
            "declare l text; begin foreach l in array array['sad', 'great'] loop",
            "if not exists (select from pg_enum where enumlabel = l) then",
            "execute format('alter type mood add value %L', l); end if; end loop;",
        ),
        "alter type mood add value 'great'",
    ),
    "privileges in a loop, one of them taken away": (
        each_of("'select', 'insert'", "grant %s on note to telling_reader"),
        "revoke insert on note from telling_reader",
    ),
    "a table in a schema whose name is a constant": (
        block(
            "declare s text := 'side'; begin execute 'create schema if not exists '",
            "|| quote_ident(s); execute format('create table %I.extra (id int)', s);",
        ),
        "create table side.extra (id text)",
    ),
    "a body with a command for unknown rows, and the column gone": (
        "create function note_it() returns trigger language plpgsql as 'begin"
        " execute format(''insert into note (body) values (%L)'', tg_op); return new; end'",
        "alter table note drop column body",
    ),
    "a column that a loop adds to one table only": (
        block(
            "declare x text; begin foreach x in array array['team', 'note'] loop",
            "continue when x = 'note'; execute format('alter table %I add column since date', x);",
            "end loop;",
        ),
        "alter table note add column since date",
    ),
}
