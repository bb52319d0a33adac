"""Pairs that share no object but a container, in both orders of arrival."""

from __future__ import annotations

import pytest

from tests.db.intents import Connection, conflicts, register, rows

PAIRS = {
    "drop schema, table in it": (
        "drop schema s cascade",
        "create table s.t (i int)",
    ),
    "drop schema, column in it": (
        "drop schema s cascade",
        "alter table s.t add column c int",
    ),
    "drop schema, view that reads from it": (
        "drop schema s cascade",
        "create view public.v as select * from s.t",
    ),
    "rename schema, function in it": (
        "alter schema s rename to r",
        "create function s.f() returns int language sql as 'select 1'",
    ),
    "create schema, table in it": (
        "create schema s",
        "create table s.t (i int)",
    ),
    "grant on all tables, table": (
        "grant select on all tables in schema s to public",
        "create table s.t (i int)",
    ),
}

APART = {
    "drop another schema": ("drop schema s cascade", "create table other.t (i int)"),
    "two tables of one schema": ("create table s.a (i int)", "create table s.b (i int)"),
    "two grants": (
        "grant select on all tables in schema s to public",
        "grant select on all tables in schema other to public",
    ),
}


@pytest.mark.parametrize("arrival", ["whole first", "member first"])
@pytest.mark.parametrize("pair", PAIRS)
def test_container_and_member_find_each_other(conn: Connection, pair: str, arrival: str) -> None:
    whole, member = PAIRS[pair]
    first, second = (whole, member) if arrival == "whole first" else (member, whole)
    one = register(conn, "ada", first)
    # something else in between must not be what is found
    register(conn, "eve", "create table elsewhere.t (i int)")
    two = register(conn, "bob", second)
    found = [each for each in conflicts(conn, two) if str(each["intent_b"]) == one]
    compared = rows(conn, "select * from coord.compare_changes(%s::text, %s::text)", second, first)
    assert len(found) == len(compared), "registering finds what comparing finds"
    assert [
        (each["conflict_type"], each["severity"], each["outcome"], each["affected_objects"])
        for each in sorted(found, key=lambda each: each["id"])
    ] == [
        (each["conflict_type"], each["severity"], each["outcome"], each["affected_objects"])
        for each in sorted(compared, key=lambda each: (each["severity"], each["conflict_type"]))
    ]
    assert found


@pytest.mark.parametrize("pair", APART)
def test_what_shares_no_container_stays_apart(conn: Connection, pair: str) -> None:
    first, second = APART[pair]
    register(conn, "ada", first)
    assert conflicts(conn, register(conn, "bob", second)) == []


OPAQUE = "do $$ begin execute 'drop table ' || current_setting('a.b'); end $$"


@pytest.mark.parametrize("arrival", ["block first", "table first"])
def test_code_that_nobody_can_look_into_meets_everything(conn: Connection, arrival: str) -> None:
    scripts = [OPAQUE, "create table s.t (i int)"]
    first, second = scripts if arrival == "block first" else reversed(scripts)
    one = register(conn, "ada", first)
    [conflict] = conflicts(conn, register(conn, "bob", second))
    assert str(conflict["intent_b"]) == one
    assert conflict["rule"] == "opaque-code"
    assert (conflict["severity"], conflict["outcome"]) == ("warning", "overlap")
    assert conflict["affected_objects"] == ["dynamic SQL"]


def test_function_that_is_only_defined_does_not(conn: Connection) -> None:
    register(
        conn,
        "ada",
        "create function f() returns void language plpgsql as"
        " $$ begin execute 'drop table ' || current_setting('a.b'); end $$",
    )
    assert conflicts(conn, register(conn, "bob", "create table s.t (i int)")) == []
