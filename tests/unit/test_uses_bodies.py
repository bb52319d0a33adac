"""What bodies of routines use: SQL of both styles, PL/pgSQL statement by statement."""

from __future__ import annotations

import pytest

from coord_detector import uses
from tests.unit.uses_notation import (
    node_of,
    notation,
    scope,
    sets,
    uses_in_plpgsql,
    uses_of_body,
)

SQL_BODIES = [
    (
        "create function f(a int) returns int return a + (select max(b) from t where c = f.a)",
        "public.t, public.t.b, public.t.c",
    ),
    (
        "create function f(a int) returns int begin atomic insert into t (a) values (a); "
        "select b from u where c = $1; end",
        "public.t!, public.t.a!, public.u, public.u.b, public.u.c",
    ),
    (
        "create function f(a int, out b int) language sql as 'select b from t where c "
        "= a and d = f.a'",
        "public.t, public.t.b, public.t.c, public.t.d",
    ),
    (
        "create function f(int) returns int language sql as 'update t set a = $1; select g(2)'",
        "public.t!, public.t.a!, function public.g/1",
    ),
    (
        "create procedure p() language sql as 'create temp table x (i int); insert "
        "into x values (1); "
        "drop table y; truncate z'",
        "public.z!",
    ),
    (
        "create function f(r t, p s.pair) returns int language sql as "
        "'select r.a + (r).b + (p).x + f.p.y'",
        "public.t.a, public.t.b, s.pair.x, s.pair.y",
    ),
    ("create function f(r t) returns int return r.a", "public.t.a"),
    ("create function f(r t[], n int) returns int language sql as 'select r.a + n.b'", ""),
    (
        "create function f(r t) returns int language sql as 'select r.a from u r'",
        "public.u, public.u.a",
    ),
    ("create function f() returns int language sql as 'select from where'", "opaque SQL text"),
    ("create function f() returns int language sql as ''", ""),
    ("create function f() returns int language c as 'lib', 'symbol'", ""),
    ("create function f() returns int language internal as 'int4pl'", ""),
    ("create function f() returns int language plv8 as 'x'", "opaque plv8 body"),
    (
        "create function f() returns int language sql set search_path = s as 'select a from t'",
        "s.t, s.t.a",
    ),
    (
        "create function f() returns int language sql set search_path = s begin "
        "atomic select a from t; end",
        "public.t, public.t.a",
    ),
]


@pytest.mark.parametrize(("sql", "expected"), SQL_BODIES)
def test_sql_body(sql: str, expected: str) -> None:
    assert uses_of_body(sql) == sets(expected)


DECLARATIONS = [
    ("declare a int; b text := 'x'; c constant numeric(10, 2) not null default 1.5; begin end", ""),
    (
        "declare a mood; b s.mood[]; c timestamp(3) with time zone; begin end",
        "type public.mood, type s.mood",
    ),
    ("declare a t%rowtype; b s.u%rowtype; begin a.x := b.y; end", "public.t.*, s.u.*"),
    (
        "declare a t.c%type; b s.u.d%type; e a%type; g s.u.d%type[]; begin end",
        "public.t, public.t.c, s.u, s.u.d",
    ),
    ("declare a int := (select max(b) from t); begin end", "public.t, public.t.b"),
    ("declare a alias for $1; begin perform g(a); end", "function public.g/1"),
    (
        "declare a cursor for select x from t; b no scroll cursor (k int, m mood) is "
        "select y from u where z = k; c refcursor; begin open a; open b(1, g(2)); "
        "open b(k := i(3), 4); "
        "open c for select v from w; open c scroll for execute 'select q from r' using h(1); "
        "fetch next from a into c; move a; close a; end",
        "public.t, public.t.x, type public.mood, public.u, public.u.y, public.u.z, "
        "function public.g/1, function public.i/1, public.w, public.w.v, public.r, "
        "public.r.q, function public.h/1",
    ),
    ('declare a varchar(10) collate "C"; begin end', ""),
    ('declare "A b" int; begin "A b" := (select "A b" from t); end', "public.t"),
    (
        "#variable_conflict use_column\n declare a int; begin perform g(); end",
        "function public.g/0",
    ),
]

CONTROL = [
    (
        "begin if g(1) then perform h(); elsif i(2) then null; elseif j() then null; else "
        "perform k(); end if; end",
        "function public.g/1, function public.h/0, function public.i/1, function public.j/0, "
        "function public.k/0",
    ),
    (
        "begin case g() when h(), 2 then null; else perform i(); end case; "
        "case when j() then null; end case; end",
        "function public.g/0, function public.h/0, function public.i/0, function public.j/0",
    ),
    (
        "begin while g() loop exit when h(); continue when i(); end loop; end",
        "function public.g/0, function public.h/0, function public.i/0",
    ),
    (
        "begin for n in reverse g() .. h() by i() loop perform j(n); end loop; "
        "perform n from t; end",
        "function public.g/0, function public.h/0, function public.i/0, function public.j/1, "
        "public.t, public.t.n",
    ),
    (
        "declare r record; begin for r in select a from t where b loop perform g(r.a, "
        "r.c); end loop; end",
        "public.t, public.t.a, public.t.b, function public.g/2",
    ),
    (
        "declare x int; y int; begin for x, y in select a, b from t loop null; end loop; end",
        "public.t, public.t.a, public.t.b",
    ),
    (
        "declare r record; begin for r in execute 'select a from t' using g() loop "
        "null; end loop; end",
        "public.t, public.t.a, function public.g/0",
    ),
    (
        "declare c cursor for select a from t; begin for r in c loop perform r.a; end loop; end",
        "public.t, public.t.a",
    ),
    (
        "declare x int; begin foreach x slice 1 in array g() loop null; end loop; end",
        "function public.g/0",
    ),
    (
        "begin <<o>> loop <<i>> loop exit o when g(); end loop i; end loop o; end",
        "function public.g/0",
    ),
    (
        "<<b>> declare x int; begin select b.x, b.y, t.z into x from t; end b;",
        "public.t, public.t.z",
    ),
    (
        "begin begin perform g(); exception when unique_violation or sqlstate '22000' then "
        "perform h(sqlerrm); when others then raise; end; end",
        "function public.g/0, function public.h/1",
    ),
    ("begin return g(); end", "function public.g/0"),
    (
        "begin raise notice '% %', g(1), 'a' using hint = h(), errcode := 'x'; raise "
        "unique_violation; "
        "raise sqlstate '22012' using message = i(); raise; assert j(), k(); end",
        "function public.g/1, function public.h/0, function public.i/0, function public.j/0, "
        "function public.k/0",
    ),
    (
        "declare n int; begin get stacked diagnostics n = row_count; commit; rollback and chain; "
        "null; end",
        "",
    ),
]

EMBEDDED = [
    (
        "declare x int; begin select a, b into x from t where c = x and found; end",
        "public.t, public.t.a, public.t.b, public.t.c",
    ),
    ("declare x int; begin select into strict x a from t; end", "public.t, public.t.a"),
    (
        "declare r record; begin insert into t (a) values (1) returning b into r.c; end",
        "public.t!, public.t.a!, public.t.b",
    ),
    (
        "declare x int; begin with c as (select a from t) select a into x from c; end",
        "public.t, public.t.a",
    ),
    (
        "declare x int[]; begin x[1] := 2; x[g(1):2].f = (select a from t); x := "
        "array(select b from u); "
        "end",
        "function public.g/1, public.t, public.t.a, public.u, public.u.b",
    ),
    (
        "begin update t set a = b where c; delete from u; call p(1); end",
        "public.t!, public.t.a!, public.t.b, public.t.c, public.u!, procedure public.p/1",
    ),
    (
        "begin create temp table x as select a from t; insert into x values (1); end",
        "public.t, public.t.a",
    ),
    (
        "begin create table s.x (i int references t); alter table u add b int; end",
        "public.t!, public.u!",
    ),
    (
        "begin return query select a from t; return query execute 'select b from u' using g(); "
        "return next; end",
        "public.t, public.t.a, public.u, public.u.b, function public.g/0",
    ),
    (
        "begin execute 'delete from t where a = $1' using g(); end",
        "public.t!, public.t.a, function public.g/0",
    ),
    (
        "declare x text; begin execute 'select a from ' || 't' into strict x using 1; end",
        "public.t, public.t.a",
    ),
    ("begin execute format('truncate %I.%I', 's', 'T'); execute format('select 1'); end", "s.T!"),
    (
        "begin execute format('select %s, ''%%'' from %I', 'a', md5('T')); end",
        "opaque dynamic SQL",
    ),
    ("declare q text := md5('x'); begin execute q; end", "opaque dynamic SQL"),
    ("begin execute 'not sql'; end", "opaque SQL text"),
    ("begin perform * from t; perform a from u; end", "public.t.*, public.u, public.u.a"),
    ("begin -- a comment;\n perform /* not g(); */ h('x;y', $q$;$q$); end", "function public.h/2"),
    ("begin perform g() end", "opaque PL/pgSQL body"),
    ("begin if true then null; end", "opaque PL/pgSQL body"),
    ("begin perform g();", "function public.g/0, opaque PL/pgSQL body"),
    ("not plpgsql at all", "opaque PL/pgSQL body"),
    ("begin this is not sql; perform g(); end", "opaque SQL text, function public.g/0"),
    ("begin x := 'é' || g('ü'); perform \"ö\"(); end", "function public.g/1, function public.ö/0"),
]


@pytest.mark.parametrize(("body", "expected"), DECLARATIONS + CONTROL + EMBEDDED)
def test_plpgsql(body: str, expected: str) -> None:
    assert uses_in_plpgsql(body) == sets(expected)


def test_arguments_are_no_columns() -> None:
    body = "begin select a, b, f.a, c into b from t where d = a; end"
    assert uses_in_plpgsql(body, "a int, out b int", "int") == sets(
        "public.t, public.t.c, public.t.d"
    )


def test_columns_of_the_result_are_variables() -> None:
    body = "begin return query select x, y from t; end"
    assert uses_in_plpgsql(body, "", "table (x int)") == sets("public.t, public.t.y")


def test_rows_of_a_trigger_are_variables() -> None:
    body = "begin new.a := (select b from t where c = old.d and e = tg_op); return new; end"
    expected = "public.t, public.t.b, public.t.c, public.t.e"
    assert uses_in_plpgsql(body, "", "trigger") == sets(expected)


def test_string_bodies_are_marked_and_what_the_server_checks_at_once() -> None:
    plpgsql = node_of(
        "create function f() returns void language plpgsql as $$declare a t.b%type; "
        "begin select c from u; end$$"
    )
    marks = {
        touch.sub or touch.name: (touch.detail.get("body"), touch.detail.get("checked"))
        for touch in uses.routine_body_uses(plpgsql, scope())
    }
    assert marks == {
        "t": (True, True),
        "b": (True, True),
        "u": (True, None),
        "c": (True, None),
    }
    sql = node_of("create function f() returns int language sql as 'select a from t'")
    assert all(touch.detail["checked"] for touch in uses.routine_body_uses(sql, scope()))
    atomic = node_of("create function f() returns int return (select a from t)")
    assert not any("body" in touch.detail for touch in uses.routine_body_uses(atomic, scope()))


LENGTH = 3_000

LONG = {
    "declarations": "declare " + "".join(f"v{n} int; " for n in range(LENGTH)) + "begin end",
    "blocks": "begin " + "declare a int; begin " * LENGTH + "end; " * LENGTH + "end",
    "conditions": "begin " + "if true then " * LENGTH + "end if; " * LENGTH + "end",
    "subscripts": "begin a" + "[1]" * LENGTH + " := 1; end",
    "strings": "begin execute 'select 1'" + " || ' '" * LENGTH + "; end",
}


@pytest.mark.parametrize("body", LONG.values(), ids=LONG.keys())
def test_long_bodies_need_no_recursion(body: str) -> None:
    assert uses_in_plpgsql(body) == set()


@pytest.mark.parametrize(
    "open_part", ["if ", "for ", "a[1 ", "open c(", "case when ", "<<", "begin "]
)
def test_hopeless_bodies_are_opaque(open_part: str) -> None:
    found = notation(
        uses.routine_body_uses(
            node_of(
                "create function f() returns void language plpgsql as $$ begin "
                + open_part * 1_000
                + " $$"
            ),
            scope(),
        )
    )
    assert "opaque PL/pgSQL body" in found
