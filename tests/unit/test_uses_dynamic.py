"""Commands that code puts together: read as what they become, or for what is known of them."""

from __future__ import annotations

from typing import Any

import pytest

from coord_detector import uses
from coord_detector.footprint import footprint
from coord_detector.model import Touch
from coord_detector.room import MOST_REPEATED, Room
from coord_detector.script import parse_changes
from tests.unit.uses_notation import node_of, notation, scope, sets, uses_in_plpgsql

KNOWN = [
    (
        "declare x text := 't'; begin execute format('select a from %I', x); end",
        "public.t, public.t.a",
    ),
    (
        "declare x text; y int := 2; begin x := 'select a from t_' || y + 1; execute x; end",
        "public.t_3, public.t_3.a",
    ),
    (
        "declare x constant text := 's'; y text default 't'; begin"
        " execute 'truncate ' || quote_ident(x) || '.' || quote_ident(y); end",
        "s.t!",
    ),
    (
        "declare x text; begin foreach x in array array['t', 'U'] loop"
        " execute format('truncate %I', x); end loop; end",
        "public.t!, public.U!",
    ),
    (
        "declare x text; begin foreach x in array '{t,u}'::text[] loop"
        " execute 'truncate ' || x; end loop; end",
        "public.t!, public.u!",
    ),
    (
        "declare x text; begin foreach x in array string_to_array('t,u', ',') loop"
        " execute 'truncate ' || x; end loop; end",
        "public.t!, public.u!",
    ),
    (
        "declare a text[] := array['t', 'u']; begin for i in 1 .. array_length(a, 1) loop"
        " execute 'truncate ' || a[i]; end loop; end",
        "public.t!, public.u!",
    ),
    (
        "begin for y in reverse 4 .. 1 by 2 loop execute 'truncate t_' || y; end loop; end",
        "public.t_4!, public.t_2!",
    ),
    (
        "begin for y in 1 .. 4 by 2 loop execute 'truncate t_' || y; end loop; end",
        "public.t_1!, public.t_3!",
    ),
    (
        "begin for y in 9 .. 10 loop"
        " execute format('truncate t_%2$s_%1$s', lpad(y::text, 2, '0'), upper('a')); end loop; end",
        "public.t_a_09!, public.t_a_10!",
    ),
    (
        "declare r record; begin for r in values ('s', 't'), ('u', 'v') loop"
        " execute format('truncate %I.%I', r.column1, r.column2); end loop; end",
        "s.t!, u.v!",
    ),
    (
        "declare r record; begin for r in select b, a as x from (values ('s', 't')) w(b, a) loop"
        " execute format('truncate %I.%I', r.b, r.x); end loop; end",
        "s.t!",
    ),
    (
        "declare x text; y text; begin for x, y in select * from (values ('s', 't')) w(b, a) loop"
        " execute format('truncate %I.%I', x, y); end loop; end",
        "s.t!",
    ),
    (
        "declare x text; begin for x in select unnest(array['t', 'u']) loop"
        " execute 'truncate ' || x; end loop; end",
        "public.t!, public.u!",
    ),
    (
        "declare r record; begin for r in select n from generate_series(1, 2) as n loop"
        " execute 'truncate t_' || r.n; end loop; end",
        "public.t_1!, public.t_2!",
    ),
    (
        "begin <<outside>> for i in 1 .. 2 loop for j in i .. 2 loop"
        " execute format('truncate t_%s_%s', i, j); exit outside when j > 9; end loop; end loop;"
        " end",
        "public.t_1_1!, public.t_1_2!, public.t_2_2!",
    ),
    (
        "declare c text; begin for i in 1 .. 2 loop if i > 0 then c := format('t_%s', i);"
        " execute 'truncate ' || c; end if; end loop; end",
        "public.t_1!, public.t_2!",
    ),
]


CHOSEN = [
    (
        "if x = 'a' then execute 'truncate t_' || x; elsif x in ('b', 'd') then"
        " execute 'truncate u_' || x; else execute 'truncate v_' || x; end if;",
        "public.t_a!, public.u_b!, public.v_c!",
    ),
    (
        "if not (x <> 'a' and x <> 'b') then execute 'truncate t_' || x; end if;",
        "public.t_a!, public.t_b!",
    ),
    (
        "if g() then execute 'truncate t_' || x; elsif x = 'b' or x = 'c' then"
        " execute 'truncate u_' || x; else execute 'truncate v_' || x; end if;",
        "function public.g/0, public.t_a!, public.t_b!, public.t_c!, public.u_b!, public.u_c!,"
        " public.v_a!",
    ),
    ("continue when x = 'b'; execute 'truncate t_' || x;", "public.t_a!, public.t_c!"),
    (
        "if x = 'b' then begin continue; end; end if; execute 'truncate t_' || x;",
        "public.t_a!, public.t_c!",
    ),
    (
        "if g() then continue; end if; execute 'truncate t_' || x;",
        "function public.g/0, public.t_a!, public.t_b!, public.t_c!",
    ),
    (
        "while g() loop exit; end loop; execute 'truncate t_' || x;",
        "function public.g/0, public.t_a!, public.t_b!, public.t_c!",
    ),
    (
        "begin perform g(); exception when others then continue; end; execute 'truncate t_' || x;",
        "function public.g/0, public.t_a!, public.t_b!, public.t_c!",
    ),
]


@pytest.mark.parametrize(("inside", "expected"), CHOSEN)
def test_branches_that_a_value_does_not_take_are_left_out(inside: str, expected: str) -> None:
    body = f"declare x text; begin foreach x in array array['a', 'b', 'c'] loop {inside} end loop;"
    assert uses_in_plpgsql(f"{body} end") == sets(expected)


@pytest.mark.parametrize(("body", "expected"), KNOWN)
def test_a_command_of_known_pieces_is_read(body: str, expected: str) -> None:
    assert uses_in_plpgsql(body) == sets(expected)


UNKNOWN = [
    "declare x text := 't'; begin x := g(); execute 'truncate ' || x; end",
    "declare x text := 't'; begin select 'u' into x; execute 'truncate ' || x; end",
    "declare x text := 't'; begin call p(x); execute 'truncate ' || x; end",
    "declare x int := 1; begin get diagnostics x = row_count; execute 'truncate ' || x; end",
    "declare x text; begin if g() then x := 't'; else x := 'u'; end if; execute 'truncate ' || x;"
    " end",
    "declare x text := 't'; begin declare x text; begin execute 'truncate ' || x; end; end",
    "declare x text; begin foreach x in array array['t'] loop x := x || '1';"
    " execute 'truncate ' || x; end loop; end",
    "declare x text; begin foreach x in array array['t'] loop null; end loop;"
    " execute 'truncate ' || x; end",
    "begin for i in 1 .. 51 loop execute 'truncate t_' || i; end loop; end",
    "declare x text; begin for x in select unnest(array['t']) where g() loop"
    " execute 'truncate ' || x; end loop; end",
    "declare x text := 't'; begin x[1] := 'u'; execute 'truncate ' || x; end",
]


@pytest.mark.parametrize("body", UNKNOWN)
def test_a_value_from_elsewhere_is_not_known(body: str) -> None:
    found = uses_in_plpgsql(body)
    assert "opaque dynamic SQL" in found
    assert not [one for one in found if one.endswith("!")]


PARTS = [
    ("format('select a from t where b = %L', x)", "public.t, public.t.a, public.t.b"),
    ("'select a from t where ' || x", "public.t, public.t.a"),
    ("'select g(1) from ' || quote_ident(x)", "function public.g/1"),
    ("format('truncate %I.%I', 's', x)", "schema s"),
    ("format('update t set %I = g()', x)", "public.t, public.t!, function public.g/0"),
    ("'select a from t limit ' || x || ' offset 1'", "public.t, public.t.a"),
    ("'select a from t ' || x || ' where'", ""),
    ("x", ""),
    ("format('set search_path = %I', x)", ""),
]


@pytest.mark.parametrize(("command", "expected"), PARTS)
def test_what_is_written_out_of_a_command_is_used(command: str, expected: str) -> None:
    found = uses_in_plpgsql(f"begin execute {command}; end", "x text")
    assert found == sets(expected) | {"opaque dynamic SQL"}


def block(body: str) -> list[Touch]:
    return footprint(parse_changes(f"do $body$ begin {body} end $body$"), ["public"])


def opaque(touches: list[Touch]) -> dict[str, Any]:
    (found,) = [touch for touch in touches if touch.kind == "unknown"]
    return dict(found.detail)


def test_names_of_a_command_that_cannot_be_read_are_mentioned() -> None:
    detail = opaque(block("""execute 'alter frob t "U" ' || x; perform 'named';"""))
    assert detail["mentions"] == ["named", "frob", "t", "U"]


def test_what_is_done_to_objects_without_a_name_is_told() -> None:
    touches = block(
        "for r in select 1 from c loop"
        " execute format('alter table s.%I owner to boss', r.t);"
        " execute format('alter table %I.%I add column z int', r.s, r.t); end loop;"
    )
    assert opaque(touches)["at_run_time"] == [
        {"schema": "s", "kind": "table", "sub": None, "action": "alter", "facet": "owner",
         "value": "boss"},
        {"schema": None, "kind": "table column", "sub": "z", "action": "create",
         "facet": "definition", "definition": "integer"},
    ]  # fmt: skip
    assert {"schema s", "role boss"} <= notation(touches)
    assert not [touch for touch in touches if "at_run_time" in touch.name]


COLUMN = "for t in select 1 from pg_attribute where {} loop execute 'truncate ' || t; end loop;"


@pytest.mark.parametrize(
    ("condition", "column"),
    [
        ("attname = 'owner'", "owner"),
        ("a.ATTNAME = 'Owner' and b", "Owner"),
        ("c.column_name = 'owner'", "owner"),
        ("not attname = 'owner'", None),
        ("attname = 'owner' or b", None),
        ("attname = 'owner' and attname = 'other'", None),
        ("attname <> 'owner'", None),
        ("relname = 'owner'", None),
    ],
)
def test_the_column_that_a_loop_looks_for(condition: str, column: str | None) -> None:
    assert opaque(block(COLUMN.format(condition))).get("column") == column


def test_two_commands_may_look_for_different_columns() -> None:
    body = COLUMN.format("attname = 'owner'") + " execute 'truncate ' || s;"
    assert "column" not in opaque(block(body))


def test_a_partition_without_a_name_is_none_that_a_later_statement_meets() -> None:
    touches = footprint(
        parse_changes(
            "create table p (a int) partition by list (a);"
            " do $$ begin execute format('create table %I partition of p for values in (%L)',"
            " x, y); end $$; alter table p add column b int"
        ),
        ["public"],
    )
    assert {touch.name for touch in touches if touch.kind == "table column"} == {"p"}
    (parent,) = [touch for touch in touches if "bounds" in touch.detail]
    assert parent.detail["bounds"] == {"in": [None]}
    assert parent.detail["uncertain"] is True


def test_facts_about_rows_are_left_out_where_values_are_unknown() -> None:
    touches = block("execute format('update t set a = 1 where b = %L', x);")
    (update,) = [touch for touch in touches if touch.detail.get("command") == "update"]
    assert "set" not in update.detail
    assert (update.detail["where"], update.detail["rest"]) == ([], True)


def test_loops_in_loops_are_followed_as_far_as_there_is_room() -> None:
    inner = "execute format('create table t_%s_%s_%s ()', i, j, k);"
    body = f"for k in 1 .. 50 loop {inner} end loop;"
    for name in "ji":
        body = f"for {name} in 1 .. 50 loop {body} end loop;"
    touches = block(body)
    made = [touch for touch in touches if touch.action == "create"]
    assert 50 < len(made) < MOST_REPEATED / len(inner)
    assert opaque(touches)["reason"] == "it is put together at run time"


def test_the_room_is_one_for_the_whole_script() -> None:
    loop = "do $$ begin for i in 1 .. 50 loop execute format('create table t%s ()', i); end loop;"
    touches = footprint(parse_changes([f"{loop} end $$"] * 500), ["public"])
    assert len([touch for touch in touches if touch.action == "create"]) < MOST_REPEATED / 10
    assert len([touch for touch in touches if touch.kind == "unknown"]) > 100


def test_texts_that_double_do_not_grow_for_ever() -> None:
    declared = "".join(f"v{i} text := v{i - 1} || v{i - 1}; " for i in range(1, 60))
    body = f"declare v0 text := 'xxxxxxxxxx'; {declared} begin execute v59; end"
    assert uses_in_plpgsql(body) == {"opaque dynamic SQL"}
    body = f"declare v text := '{'x' * 90_000}'; begin execute format('{'%1$s' * 9_000}', v); end"
    assert uses_in_plpgsql(body) == {"opaque dynamic SQL"}


def test_deep_expressions_are_unknown() -> None:
    sums = "+".join("1" * 20_000)
    calls = "lower(" * 500 + "'t'" + ")" * 500
    assert uses_in_plpgsql(f"begin execute 'truncate t_' || ({sums}); end") == {
        "opaque dynamic SQL"
    }
    assert uses_in_plpgsql(f"begin execute 'truncate ' || {calls}; end") == {"opaque dynamic SQL"}
    unions = "select a from t" + " union select a from t" * 2_000
    assert "opaque dynamic SQL" in uses_in_plpgsql(f"begin execute '{unions} limit ' || x; end")


def test_what_does_not_fit_takes_no_room() -> None:
    room = Room(10)
    assert not room.take(11)
    assert room.take(10)
    assert not room.take(1)


def test_only_the_rows_of_the_table_itself() -> None:
    found = uses.dml_uses(
        node_of("update only t set a = (select max(b) from t) where c = 1"), scope()
    )
    alone = {
        (touch.sub, touch.detail["access"]) for touch in found if touch.detail.get("only") is True
    }
    assert alone == {(None, "write"), ("a", "write"), ("c", "read")}
    assert {(touch.sub, touch.detail["access"]) for touch in found} - alone == {
        (None, "read"),
        ("b", "read"),
    }


def test_an_update_tells_what_it_computes_and_from_what() -> None:
    sql = "update t x set a = 1, b = x.c + d, e = (select f from u), g = y.h from y where i = 2"
    (table,) = [
        touch for touch in uses.dml_uses(node_of(sql), scope()) if "command" in touch.detail
    ]
    assert table.detail["set"] == {"a": "1"}
    assert table.detail["computed"] == ["b", "e", "g"]
    assert table.detail["reads"] == ["c"]
