"""What statements use that change rows, and statements around queries."""

from __future__ import annotations

import pytest

from coord_detector import uses
from coord_detector.model import Touch
from tests.unit.uses_notation import node_of, notation, scope, sets, uses_of_statement

CHANGES = [
    ("insert into t values (1)", "public.t.*!"),
    ("insert into t default values", "public.t!"),
    (
        "insert into t (a, b[1], c.d) values (1, f(), default)",
        "public.t!, public.t.a!, public.t.b!, public.t.c!, function public.f/0",
    ),
    ("insert into t (a) select b from u", "public.t!, public.t.a!, public.u, public.u.b"),
    (
        "insert into t (a) with c as (select b from u) select b from c",
        "public.t!, public.t.a!, public.u, public.u.b",
    ),
    ("with t as (select 1) insert into t (a) select * from t", "public.t!, public.t.a!"),
    (
        "insert into t as x (a) values (1) on conflict (a, lower(b)) where c do update "
        "set d = excluded.e, f = x.g where x.h returning i, x.j",
        "public.t!, public.t.a!, public.t.a, public.t.b, public.t.c, public.t.d!, public.t.e, "
        "public.t.f!, public.t.g, public.t.h, public.t.i, public.t.j",
    ),
    (
        "insert into t (a) values (1) on conflict on constraint k do nothing",
        "public.t!, public.t.a!, table constraint public.t.k",
    ),
    ("insert into t (a) values (1) returning *", "public.t.*, public.t!, public.t.a!"),
    ("insert into s.t (a) values (nextval('q'))", "s.t!, s.t.a!, sequence public.q!"),
    ("update t set a = b + 1 where c", "public.t!, public.t.a!, public.t.b, public.t.c"),
    (
        "update t x set a = u.b from u where u.c = x.d returning old.e, new.f, u.g",
        "public.t!, public.t.a!, public.u, public.u.b, public.u.c, public.t.d, public.t.e, "
        "public.t.f, public.u.g",
    ),
    (
        "update t set a = 1 returning with (old as o, new as n) o.a, n.b, old.c",
        "public.t!, public.t.a!, public.t.a, public.t.b",
    ),
    (
        "update t set (a, b) = (select c, d from u where u.e = t.f)",
        "public.t!, public.t.a!, public.t.b!, public.u, ?public.u.c, ?public.t.c, ?public.u.d, "
        "?public.t.d, public.u.e, public.t.f",
    ),
    (
        "update t set (a, b) = row(c, f(d))",
        "public.t!, public.t.a!, public.t.b!, public.t.c, public.t.d, function public.f/1",
    ),
    ("update t set a[b].c = 1 where current of cur", "public.t!, public.t.a!, public.t.b"),
    (
        "delete from t using u join v on u.a = v.a where t.b = u.c returning t.d",
        "public.t!, public.u, public.v, public.u.a, public.v.a, public.t.b, public.u.c, public.t.d",
    ),
    (
        "merge into t x using (select a as k, b from u) s on x.k = s.k "
        "when matched and s.b > x.c then update set d = s.b "
        "when not matched by source then delete "
        "when not matched then insert (k, e) values (s.k, b) returning merge_action(), x.*",
        "public.t.*, public.t!, public.u, public.u.a, public.u.b, public.t.k, public.t.c, "
        "public.t.d!, public.t.k!, public.t.e!",
    ),
    (
        "merge into t using u on true when not matched then insert values (u.a) "
        "when matched then do nothing",
        "public.t.*!, public.u, public.u.a",
    ),
]

AROUND = [
    ("explain analyze update t set a = 1", "public.t!, public.t.a!"),
    ("prepare p as select a from t", "public.t, public.t.a"),
    ("execute p (f())", "function public.f/0"),
    ("declare c cursor for select a from t", "public.t, public.t.a"),
    ("call s.p(1, f(2))", "procedure s.p/2, function public.f/1"),
    ("copy t (a, b) from stdin where c > 0", "public.t!, public.t.a!, public.t.b!, public.t.c"),
    ("copy t to stdout", "public.t.*"),
    ("copy (select a from t) to stdout", "public.t, public.t.a"),
    ("truncate t, s.u", "public.t!, s.u!"),
    ("lock table t", "public.t"),
    ("select a into u from t", "public.t, public.t.a"),
    ("create table u as select a from t", "public.t, public.t.a"),
]


@pytest.mark.parametrize(("sql", "expected"), CHANGES + AROUND)
def test_statement(sql: str, expected: str) -> None:
    assert uses_of_statement(sql) == sets(expected)


def test_a_statement_that_runs_now_touches_data() -> None:
    touches = uses.dml_uses(node_of("insert into t (a) select b from u"), scope())
    assert {touch.facet for touch in touches} == {"data"}
    assert {(touch.name, touch.sub): touch.detail["access"] for touch in touches} == {
        ("t", None): "write",
        ("t", "a"): "write",
        ("u", None): "read",
        ("u", "b"): "read",
    }


def test_locked_rows_are_marked() -> None:
    (table, _) = uses.dml_uses(node_of("select a from t for update"), scope())
    assert table.detail["locked"] is True


def test_rows_of_a_rule() -> None:
    action = node_of("insert into log (a) values (new.b || old.c)")
    found = uses.query_uses(action, scope(), relations=[("public", "t")])
    assert notation(found) == sets("public.log!, public.log.a!, public.t.b, public.t.c")
    assert {touch.facet for touch in found} == {"reference"}


def test_a_block_hands_over_the_ddl_that_it_runs() -> None:
    block = node_of(
        "do $$ begin if exists (select 1 from t where a = 1) then alter table t add b int; "
        "execute 'drop table u'; execute 'drop table ' || v; end if; end $$"
    )
    seen: list[str] = []

    def nested(node: object) -> list[Touch]:
        seen.append(type(node).__name__)
        return [Touch(1, "table", "public", "x", None, "alter", None)]

    found = uses.do_uses(block, scope(), nested)
    assert seen == ["AlterTableStmt", "DropStmt", "DropStmt"]
    assert notation(found) == sets("public.t, public.t.a, public.x, opaque dynamic SQL")
    assert {touch.facet for touch in found if touch.action == "use"} == {"data"}


def test_a_block_in_another_language_is_opaque() -> None:
    found = uses.do_uses(node_of("do language plpython3u 'pass'"), scope())
    assert notation(found) == {"opaque plpython3u block"}
