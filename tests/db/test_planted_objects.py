"""Objects that somebody planted on the search path are never used."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.db.intents import Connection, add_column, events, problems, rows, status, value

TRAP = "begin raise exception 'trapped'; end"

# Things that our functions use unqualified or as operators, in the shapes that would win over the
# real ones if they were looked for.
PLANTED = [
    f"create function {{s}}.lower(text) returns text language plpgsql as $$ {TRAP} $$",
    f"create function {{s}}.format(text, text) returns text language plpgsql as $$ {TRAP} $$",
    f"create function {{s}}.nextval(text) returns bigint language plpgsql as $$ {TRAP} $$",
    f"create function {{s}}.btrim(text) returns text language plpgsql as $$ {TRAP} $$",
    f"create function {{s}}.unnest(text[]) returns setof text language plpgsql as $$ {TRAP} $$",
    f"create function {{s}}.count(uuid) returns bigint language plpgsql as $$ {TRAP} $$",
    f"create function {{s}}.sha256(bytea) returns bytea language plpgsql as $$ {TRAP} $$",
    f"create function {{s}}.now() returns timestamptz language plpgsql as $$ {TRAP} $$",
    "create function {s}.current_schemas(boolean) returns name[] language plpgsql as"
    f" $$ {TRAP} $$",
    f"create function {{s}}.text_trap(text, text) returns boolean language plpgsql as $$ {TRAP} $$",
    "create operator {s}.= (leftarg = text, rightarg = text, function = {s}.text_trap)",
    "create operator {s}.<> (leftarg = text, rightarg = text, function = {s}.text_trap)",
    f"create function {{s}}.uuid_trap(uuid, uuid) returns boolean language plpgsql as $$ {TRAP} $$",
    "create operator {s}.= (leftarg = uuid, rightarg = uuid, function = {s}.uuid_trap)",
    "create table {s}.intent (id int)",
    "create table {s}.conflict (id int)",
    "create table {s}.pg_roles (rolname name, oid oid)",
    "create table {s}.pg_class (oid oid)",
]


@pytest.mark.parametrize("place", ["public", "attacker", "pg_temp"])
def test_planted_objects_do_nothing(
    conn: Connection, connect: Callable[..., Connection], place: str
) -> None:
    victim = connect()
    conn.execute("create schema attacker")
    conn.execute("grant all on schema attacker to public")
    planter = victim if place == "pg_temp" else conn
    for statement in PLANTED:
        planter.execute(statement.format(s=place))
    # The most gullible path there is: everything of the attacker's comes first.
    victim.execute(f"set search_path = {place}, pg_catalog, public")
    with pytest.raises(psycopg.errors.RaiseException):
        victim.execute("select 'a'::text operator(pg_catalog.||) lower('B'::text)") if (
            place != "pg_temp"
        ) else victim.execute("select pg_temp.lower('B'::text)")
    for role in ("none", "coord_reviewer"):
        victim.execute(f"set role {role}")
        users = f"public.users_{role}"
        first = add_column(victim, f"ada {role}", users, "same")
        second = add_column(victim, f"bob {role}", users, "same")
        victim.execute(
            "select * from coord.check_intent('eve', 'f', 'alter table public.users add c int')"
        )
        victim.execute("select * from coord.footprint('alter table public.users add c int')")
        victim.execute("select * from coord.compare_changes('select 1', array['select 1'])")
        victim.execute("select * from coord.conflicts_of(%s)", (second,))
        conflict = value(
            conn, "select id from coord.conflict where intent_a = %s and severity = 'error'", second
        )
        victim.execute("select coord.resolve_conflict(%s, 'agreed')", (conflict,))
        victim.execute("select coord.amend_intent(%s, 'alter table public.x add c int')", (second,))
        victim.execute("select coord.recheck(%s)", (second,))
        victim.execute("select coord.mark_in_progress(%s)", (first,))
        victim.execute("select coord.mark_completed(%s)", (first,))
        victim.execute("select coord.mark_merged(%s)", (first,))
        victim.execute("select coord.heartbeat(%s)", (second,))
        victim.execute("select coord.mark_abandoned(%s)", (second,))
        victim.execute("select * from coord.merge_order()")
        victim.execute("select * from coord.stale_intents('1 day')")
        victim.execute("select * from coord.detector_check()")
        digest = victim.execute("select coord.history_digest()").fetchone()
        victim.execute("select * from coord.verify_history(%s)", digest)
        victim.execute("select * from coord.export_ended(pg_catalog.now())")
        assert status(conn, first) == "merged"
        assert len(events(conn, first)) >= 4
    assert problems(conn) == []
    conn.execute("drop schema attacker cascade")


def test_pre_created_schema_is_refused(plain_dsn: str) -> None:
    with psycopg.connect(plain_dsn, autocommit=True) as conn:
        conn.execute("create schema coord")
        with pytest.raises(psycopg.errors.DuplicateSchema) as refused:
            conn.execute("create extension confiture_coord cascade")
        assert refused.value.diag.message_hint
        assert rows(conn, "select * from pg_extension where extname = 'confiture_coord'") == []


def test_what_agents_pass_in_is_never_executed(conn: Connection) -> None:
    conn.execute("create table canary (id int)")
    drop = "drop table canary"
    for changes in (drop, f"do $$ begin execute '{drop}'; end $$", f"select 1; {drop}"):
        add = "select coord.register_intent(%s, %s, %s::text, tables_affected => %s)"
        conn.execute(add, (f"'; {drop}; --", f"x'); {drop}; --", changes, ["canary"]))
        conn.execute("select * from coord.check_intent('a', 'b', %s::text)", (changes,))
        conn.execute("select * from coord.footprint(%s::text)", (changes,))
    assert value(conn, "select to_regclass('canary') is not null")
