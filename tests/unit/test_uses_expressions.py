"""What expressions use: calls, types, operators, objects in literals; and very long ones."""

from __future__ import annotations

import pytest

from coord_detector import uses
from tests.unit.uses_notation import node_of, notation, scope, sets, uses_of_expression

NAMES = [
    ("a > 0 and t.b is not null", "public.t.a, public.t.b"),
    ("new.a is distinct from old.b", "public.t.a, public.t.b"),
    ("new.* is distinct from old.*", "public.t.*"),
    ("t is not null", "public.t row, ?public.t.t"),
    ("(a).b + c[d]", "public.t.a, public.t.c, public.t.d"),
    ("case a when b then c else d end", "public.t.a, public.t.b, public.t.c, public.t.d"),
    (
        "a in (b, c) or a between d and e",
        "public.t.a, public.t.b, public.t.c, public.t.d, public.t.e",
    ),
    ("array[a, b] || row(c)::text", "public.t.a, public.t.b, public.t.c"),
    ("coalesce(a, greatest(b, c))", "public.t.a, public.t.b, public.t.c"),
    ("exists (select 1 from u where u.b = t.a)", "public.u, public.u.b, public.t.a"),
    ("a in (select b from u)", "public.t.a, public.u, ?public.u.b, ?public.t.b"),
    ("xmlelement(name x, xmlattributes(a as y), b)", "public.t.a, public.t.b"),
    ("json_object('k': a returning public.doc)", "public.t.a, type public.doc"),
    ("a at time zone b", "public.t.a, public.t.b"),
    ("other.a", ""),
]

CALLS = [
    ("f(1, 'x')", "function public.f/2"),
    ("s.f(a => 1)", "function s.f/1"),
    ("lower('x')", ""),
    ("pg_catalog.lower('x')", ""),
    ("count(*) + my_count(*)", "function public.my_count/0"),
    ("s.agg(distinct 1 order by 2) filter (where f())", "function s.agg/1, function public.f/0"),
    ("s.w() over (order by f())", "function s.w/0, function public.f/0"),
    ("extract(year from now()), substring('a' from 1)", ""),
    ("1 operator(s.+) 2", "operator s.+/2"),
    ("1 operator(pg_catalog.+) 2", ""),
    ("1 <=~=> 2", "operator public.<=~=>/2"),
    ("~~~~ 2", "operator public.~~~~/1"),
    ("1 = any (array[1]), 1 not between 2 and 3, 'a' similar to 'b'", ""),
    ("'a' collate s.c || 'b' collate german", "collation s.c, collation public.german"),
    ("'a' collate \"C\" || 'b' collate \"de_DE.utf8\" || 'c' collate \"und-x-icu\"", ""),
]

TYPES = [
    ("1::integer, '1'::varchar(3), null::timestamp(3) with time zone, '{}'::text[]", ""),
    ("'x'::mood", "type public.mood"),
    ("cast(null as s.mood[])", "type s.mood"),
    ("null::_int4", ""),
    ("numeric '1' + int8 '2'", ""),
]

LITERALS = [
    ("nextval('q')", "sequence public.q"),
    ("nextval('s.q'::regclass)", "table s.q"),
    ("setval('\"Q\"', 1)", "sequence public.Q"),
    ("currval('S.Q')", "sequence s.q"),
    ("nextval(name)", "public.t.name"),
    ("'s.t'::regclass", "table s.t"),
    ('\'"a""b".c\'::regclass', 'table a"b.c'),
    ("'pg_class'::regclass, 'information_schema.tables'::regclass", ""),
    ("'12345'::regclass::oid", "table public.12345"),
    ("'a.b.c'::regclass, ''::regclass, 'a b'::regclass, 'a.'::regclass, '\"a'::regclass", ""),
    ("'s.f(int, text)'::regprocedure", "function s.f/2"),
    ("'f'::regproc, 'now'::regproc", "function public.f/0"),
    ("'s.mood'::regtype, 'integer'::regtype", "type s.mood"),
    ("'app'::regnamespace, 'pg_catalog'::regnamespace", "schema app"),
    ("'joe'::regrole", "role joe"),
    ("to_tsvector('german', 'x')", ""),
    ("to_tsvector('s.mine', 'x'), to_tsvector('x')", "text search configuration s.mine"),
    ("ts_headline('mine', 'x', 'y'::tsquery)", "text search configuration public.mine"),
    ("pg_total_relation_size('t')", "table public.t"),
]


@pytest.mark.parametrize(("sql", "expected"), NAMES + CALLS + TYPES + LITERALS)
def test_expression(sql: str, expected: str) -> None:
    wanted = {item.removeprefix("table ") for item in sets(expected)}
    assert uses_of_expression(f"row({sql})", ("public", "t")) == wanted


def test_without_relations_a_bare_name_is_no_column() -> None:
    assert uses_of_expression("value > 0 and f(value)") == {"function public.f/1"}


def test_two_relations_are_candidates() -> None:
    found = uses_of_expression("a = t.b", ("public", "t"), ("public", "u"))
    assert found == sets("?public.t.a, ?public.u.a, public.t.b")


def test_places_of_one_relation_are_candidates() -> None:
    found = uses_of_expression("a = t.b and new.c", ("public", "t"), ("app", "t"))
    assert found == sets("?public.t.a, ?app.t.a, ?public.t.b, ?app.t.b, ?public.t.c, ?app.t.c")


LENGTH = 5_000

LONG = {
    "sum": "a" + " + 1" * LENGTH,
    "and": "a" + " and b" * LENGTH,
    "concatenation": "a" + " || b" * LENGTH,
    "casts": "a" + "::text" * LENGTH,
    "collations": "a" + ' collate "C"' * LENGTH,
    "subscripts": "(a)" + "[b]" * LENGTH,
    "list": "a in (" + ", ".join(["b"] * LENGTH) + ")",
}


@pytest.mark.parametrize("sql", LONG.values(), ids=LONG.keys())
def test_long_chains_need_no_recursion(sql: str) -> None:
    assert uses_of_expression(sql, ("public", "t")) <= {"public.t.a", "public.t.b"}


LONG_QUERIES = {
    "union": "select a from t" + " union select a from t" * LENGTH,
    "joins": "select t0.a from t t0"
    + "".join(f" join t t{number} on t{number}.a = t0.a" for number in range(1, LENGTH)),
    "cross joins": "select t0.a from t t0"
    + "".join(f" cross join t t{number}" for number in range(1, LENGTH)),
    "doubling": "with c0 as (select * from t)"
    + "".join(
        f", c{number} as (select * from c{number - 1} a, c{number - 1} b)"
        for number in range(1, 1_000)
    )
    + " select a from c999",
}


@pytest.mark.parametrize("sql", LONG_QUERIES.values(), ids=LONG_QUERIES.keys())
def test_long_queries_need_no_recursion(sql: str) -> None:
    found = notation(uses.query_uses(node_of(sql), scope()))
    assert found <= {"public.t", "public.t.*", "public.t.a"}
    assert "public.t.a" in found


def test_a_column_of_very_many_tables_is_said_to_be_unclear_once() -> None:
    tables = ", ".join(f"t{number}" for number in range(200))
    found = uses.query_uses(node_of(f"select a, a from {tables}"), scope())
    assert [touch.name for touch in found if touch.kind == "unknown"] == ["column a"]
    assert len(found) == 201


def test_candidates_do_not_multiply_without_end() -> None:
    columns = ", ".join(f"c{number}" for number in range(5_000))
    tables = ", ".join(f"t{number}" for number in range(50))
    found = uses.query_uses(node_of(f"select {columns} from {tables}"), scope())
    assert len(found) < 25_000
    assert "opaque names" in notation(found)


def test_columns_of_nested_stars_are_forgotten_rather_than_hoarded() -> None:
    chain = "with c0 as (select 1 as x0)" + "".join(
        f", c{number} as (select *, 1 as x{number} from c{number - 1})"
        for number in range(1, 2_000)
    )
    found = uses.query_uses(node_of(f"{chain} select x0, a from c1999, t"), scope())
    assert notation(found) == sets("public.t, ?public.t.x0, ?public.t.a")
