"""What queries use: which names are tables, and which table a column belongs to."""

from __future__ import annotations

import pytest

from coord_detector import uses
from tests.unit.uses_notation import node_of, notation, scope, sets, uses_of_query

ONE_TABLE = [
    ("select 1", ""),
    ("select a from t", "public.t, public.t.a"),
    ("select s.t.a from s.t", "s.t, s.t.a"),
    ("select t.a from s.t", "s.t, s.t.a"),
    ("select x.a from t x", "public.t, public.t.a"),
    ("select * from t", "public.t.*"),
    ("select x.* from t x", "public.t.*"),
    ("table s.t", "s.t.*"),
    ("select x from t x", "public.t row"),
    ("select row_to_json(x) from t x", "public.t row"),
    ("select t from t", "public.t row, ?public.t.t"),
    ("select (x).a, (x.b).c from t x", "public.t row, public.t.a, public.t.b"),
    ("select ctid, xmin, t.tableoid from t", "public.t"),
    ("select a as b from t order by b", "public.t, public.t.a"),
    ("select a from t order by b", "public.t, public.t.a, public.t.b"),
    ("select a + 1 as b from t group by b", "public.t, public.t.a"),
    ("select a as b from t where b = 1", "public.t, public.t.a, public.t.b"),
    ("select a as b from t order by b + 1", "public.t, public.t.a, public.t.b"),
    ("select distinct on (a) b as c from t order by c", "public.t, public.t.a, public.t.b"),
    ("select count(*) filter (where a) from t", "public.t, public.t.a"),
    (
        "select sum(a) over (partition by b order by c) from t",
        "public.t, public.t.a, public.t.b, public.t.c",
    ),
    (
        "select sum(a) over w from t window w as (partition by b rows between c preceding "
        "and unbounded following)",
        "public.t, public.t.a, public.t.b, public.t.c",
    ),
    ("select a from t group by grouping sets ((a), (b), ())", "public.t, public.t.a, public.t.b"),
    ("select max(a) from t having min(b) > 1 limit 1", "public.t, public.t.a, public.t.b"),
    ("select array_agg(a order by b) from t", "public.t, public.t.a, public.t.b"),
    ("select y from t as x (y, z)", "public.t.*"),
    ("select z from t tablesample bernoulli (10)", "public.t, public.t.z"),
    ("select a from t for update of t", "public.t, public.t.a"),
    ("select a from only t", "public.t, public.t.a"),
    ("select relname from pg_class", ""),
    ("select a from pg_catalog.pg_class, information_schema.tables", ""),
    ("values (1), (2)", ""),
]

GROUPED = [
    ("select a, count(*) from t group by a", "public.t, public.t.a"),
    (
        "select a, b from t group by a",
        "public.t, public.t.a, public.t.b, ?table constraint public.t.t_pkey",
    ),
    ("select a, b from t group by 1, 2", "public.t, public.t.a, public.t.b"),
    (
        "select a as x, b from t group by x",
        "public.t, public.t.a, public.t.b, ?table constraint public.t.t_pkey",
    ),
    ("select x.a, max(x.b) from t x group by x.a", "public.t, public.t.a, public.t.b"),
    (
        "select x.a, y.b, max(y.c) from t x, u y group by x.a, y.b",
        "public.t, public.u, public.t.a, public.u.b, public.u.c",
    ),
    (
        "select x.a, x.b, y.c from t x, s.u y group by x.a, y.c",
        "public.t, s.u, public.t.a, public.t.b, s.u.c, ?table constraint public.t.t_pkey",
    ),
    ("select a, b from t group by grouping sets ((a), ())", "public.t, public.t.a, public.t.b"),
    ("select a, b from (select a, b from t) s group by a", "public.t, public.t.a, public.t.b"),
]

JOINS = [
    ("select x.a, y.b from t x, u y", "public.t, public.u, public.t.a, public.u.b"),
    ("select a from t, u", "public.t, public.u, ?public.t.a, ?public.u.a"),
    ("select 1 from t join u on t.a = u.b", "public.t, public.u, public.t.a, public.u.b"),
    ("select a from t join u using (a)", "public.t, public.u, public.t.a, public.u.a"),
    (
        "select 1 from t join u using (a) join v using (b)",
        "public.t, public.u, public.v, public.t.a, public.u.a, ?public.t.b, ?public.u.b, "
        "public.v.b",
    ),
    ("select 1 from t natural join u", "public.t.*, public.u.*"),
    (
        "select j.a, j.b from (t join u using (a)) j",
        "public.t, public.u, public.t.a, public.u.a, ?public.t.b, ?public.u.b",
    ),
    ("select k.a from t join u using (a) as k", "public.t, public.u, public.t.a, public.u.a"),
    (
        "select 1 from v, t join u on x = y",
        "public.v, public.t, public.u, ?public.t.x, ?public.u.x, ?public.t.y, ?public.u.y",
    ),
    (
        "select 1 from t left join (u join v on u.a = v.a) on t.b = u.b",
        "public.t, public.u, public.v, public.u.a, public.v.a, public.t.b, public.u.b",
    ),
]

SUBQUERIES = [
    ("select a from (select a from t) s", "public.t, public.t.a"),
    ("select s.b from (select a as b from t) s", "public.t, public.t.a"),
    ("select b from (select * from t) s", "public.t.*, public.t.b"),
    ("select s.b from (select * from t, u) s", "public.t.*, public.u.*, ?public.t.b, ?public.u.b"),
    ("select c, a from (select a from t) s (c), u", "public.t, public.t.a, public.u, public.u.a"),
    ("select b, c from (select a as b from t) s, u", "public.t, public.t.a, public.u, public.u.c"),
    ("select x from (values (1)) v (x), t", "public.t"),
    ("select column1 from (values (1)) v", ""),
    ("select count from (select count(*) from t) s, u", "public.t, public.u"),
    (
        "select coalesce from (select coalesce(a, b) from t) s, u",
        "public.t, public.u, public.t.a, public.t.b",
    ),
    (
        "select a from t where b in (select u.c from u)",
        "public.t, public.u, public.t.a, public.t.b, public.u.c",
    ),
    (
        "select a from t where exists (select 1 from u where c = t.d)",
        "public.t, public.u, public.t.a, public.t.d, ?public.u.c, ?public.t.c",
    ),
    (
        "select (select u.a from u where u.b = t.b) from t",
        "public.t, public.u, public.u.a, public.u.b, public.t.b",
    ),
    ("select (select max(x) from (values (1)) v (x)) from t", "public.t"),
    (
        "select 1 from t, lateral (select u.a from u where u.b = t.b) s where s.a > 0",
        "public.t, public.u, public.u.a, public.u.b, public.t.b",
    ),
    ("select 1 from t join lateral f(t.a) g on true", "public.t, public.t.a, function public.f/1"),
    ("select array(select a from t)", "public.t, public.t.a"),
    (
        "select 1 from t where (a, b) = any (select u.c, u.d from u)",
        "public.t, public.u, public.t.a, public.t.b, public.u.c, public.u.d",
    ),
]

SET_OPERATIONS = [
    ("select a from t union select b from u", "public.t, public.u, public.t.a, public.u.b"),
    (
        "select a as x from t union all select b from u order by x",
        "public.t, public.u, public.t.a, public.u.b",
    ),
    (
        "(select a from t order by b limit 1) except select c from u",
        "public.t, public.u, public.t.a, public.t.b, public.u.c",
    ),
    (
        "select x from (select a as x from t union select b from u) s, v",
        "public.t, public.u, public.v, public.t.a, public.u.b",
    ),
]

WITH_QUERIES = [
    ("with c as (select a from t) select a from c", "public.t, public.t.a"),
    (
        "with c (x) as (select a from t) select x, y from c, u",
        "public.t, public.t.a, public.u, public.u.y",
    ),
    ("with c as (select * from t) select c.a from c", "public.t.*, public.t.a"),
    ("with t as (select a from s.t) select a from t", "s.t, s.t.a"),
    ("with c as (select 1) select 1 from public.c", "public.c"),
    ("with c as (select 1), d as (select * from c) select * from d", ""),
    (
        "select 1 from (with c as (select a from t) select * from c) s, c",
        "public.t, public.t.a, public.c",
    ),
    (
        "with c as (select a from t) select (select max(a) from c) from u",
        "public.t, public.t.a, public.u",
    ),
    (
        "with recursive r as (select id, up from t union all select t.id, t.up from t, r "
        "where r.up = t.id) select * from r",
        "public.t, public.t.id, public.t.up",
    ),
    (
        "with recursive r (n) as (values (1) union all select n + 1 from r, u) "
        "select n, m from r, v",
        "public.u, public.v, public.v.m",
    ),
    (
        "with recursive a as (select * from b), b as (select x from t) select 1 from a",
        "public.t, public.t.x",
    ),
    (
        "with recursive r as (select id from t union select t.id from t join r using (id)) "
        "search depth first by id set o cycle id set m using p select o, m, p, q from r, u",
        "public.t, public.t.id, public.u, public.u.q",
    ),
    (
        "with d as (delete from t where a returning b) select b from d",
        "public.t!, public.t.a, public.t.b",
    ),
]

FUNCTIONS_IN_FROM = [
    ("select g, a from generate_series(1, 3) g, t", "public.t, public.t.a"),
    ("select key, a from t, jsonb_each(t.b) e", "public.t, public.t.a, public.t.b"),
    ("select e.value, a from t, jsonb_array_elements(t.b) e", "public.t, public.t.a, public.t.b"),
    (
        "select x, y from f() as r (x int, y public.kind), t",
        "function public.f/0, type public.kind, public.t",
    ),
    ("select a from f() r, t", "function public.f/0, public.t, ?public.t.a"),
    (
        "select a, n from f() with ordinality as r (x, n), t",
        "function public.f/0, public.t, public.t.a",
    ),
    ("select ordinality from unnest(array[1]) with ordinality, t", "public.t"),
    ("select 1 from rows from (f(1), generate_series(1, 2)) r", "function public.f/1"),
    (
        "select x, z from t, json_table(t.j, '$[*]' columns (x public.kind path '$', "
        "nested path '$.n' columns (y int))) r where y > 1",
        "public.t, public.t.j, public.t.z, type public.kind",
    ),
    (
        "select x, z from t, xmltable('/r' passing t.d columns x text default f()) q",
        "public.t, public.t.d, public.t.z, function public.f/0",
    ),
]


@pytest.mark.parametrize(
    ("sql", "expected"),
    ONE_TABLE + GROUPED + JOINS + SUBQUERIES + SET_OPERATIONS + WITH_QUERIES + FUNCTIONS_IN_FROM,
)
def test_query(sql: str, expected: str) -> None:
    assert uses_of_query(sql) == sets(expected)


def test_several_schemas_in_the_path_are_candidates() -> None:
    assert uses_of_query("select x.a from t x, s.u", "public", "app") == sets(
        "?public.t, ?app.t, ?public.t.a, ?app.t.a, s.u"
    )


def test_candidates_of_one_reference_share_a_number_and_tell_how_far_out_they_are() -> None:
    touches = uses.query_uses(
        node_of("select 1 from t where exists (select 1 from u where a = 1)"), scope()
    )
    candidates = [touch for touch in touches if "candidate" in touch.detail]
    assert len({touch.detail["candidate"] for touch in candidates}) == 1
    assert {touch.name: touch.detail["depth"] for touch in candidates} == {"u": 0, "t": 1}


def test_a_table_made_in_the_script_answers_for_its_columns() -> None:
    from coord_detector.names import Column, Table

    known = scope()
    table = Table("table")
    table.columns = {"a": Column("integer"), "mood": Column("public.mood[]")}
    known.tables["public", "t"] = table
    query = "select a, b, mood from t, u where exists (select 1 from u where a = 1)"
    found = notation(uses.query_uses(node_of(query), known))
    assert found == sets(
        "public.t, public.u, public.t.a, public.u.b, public.t.mood, type public.mood, "
        "?public.u.a, ?public.t.a"
    )


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        (
            "select a, t.b, c as d, f(x), 1, x::int, (y).z, array[1] from t",
            ("a", "b", "d", "f", "?column?", "x", "z", "array"),
        ),
        (
            "select '1'::date, case when a then b end, coalesce(a), exists (select 1), "
            "current_date",
            ("date", "case", "coalesce", "exists", "current_date"),
        ),
        (
            "select (select max(a) from t), least(1, 2), nullif(a, b), a is null, not b",
            ("max", "least", "nullif", "?column?", "?column?"),
        ),
        ("select a as x from t union select b from u", ("x",)),
        ("values (1, 2)", ("column1", "column2")),
        ("select * from t", None),
        ("select a, t.* from t", None),
    ],
)
def test_output_names(sql: str, names: tuple[str, ...] | None) -> None:
    assert uses.output_names(node_of(sql)) == names
