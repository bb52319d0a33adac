"""Search path, type names, automatic names: as the server reads and makes them."""

from __future__ import annotations

import pytest

from coord_detector import safe_parser
from coord_detector.footprint import footprint
from coord_detector.footprint.automatic_names import addition, object_name
from coord_detector.names import Scope, quoted, split_path, type_name
from coord_detector.script import parse_changes


def test_bare_name_is_in_the_only_schema_of_the_path() -> None:
    assert Scope(["public"]).resolve(("t",), "relation") == (("public", "t"),)


def test_bare_name_has_a_candidate_in_each_schema_of_the_path() -> None:
    scope = Scope(["billing", "public"])
    assert scope.resolve(("t",), "relation") == (("billing", "t"), ("public", "t"))


def test_qualified_name_needs_no_path() -> None:
    assert Scope([]).resolve(("s", "t"), "relation") == (("s", "t"),)
    assert Scope([]).resolve(("database", "s", "t"), "relation") == (("s", "t"),)


def test_nothing_is_known_of_a_bare_name_without_a_path() -> None:
    assert Scope([]).resolve(("t",), "relation") == ((None, "t"),)


def test_what_the_script_created_is_where_it_created_it() -> None:
    scope = Scope(["billing", "public"])
    scope.created("relation", "public", "t")
    assert scope.resolve(("t",), "relation") == (("public", "t"),)
    scope.dropped("relation", "public", "t")
    assert scope.resolve(("t",), "relation") == (("billing", "t"),)


def test_temporary_relations_come_first_and_routines_never() -> None:
    scope = Scope(["public"])
    for family in ("relation", "type", "routine"):
        scope.created(family, "pg_temp", "x")
    assert scope.resolve(("x",), "relation") == (("pg_temp", "x"),)
    assert scope.resolve(("x",), "type") == (("pg_temp", "x"),)
    assert scope.resolve(("x",), "routine") == (("public", "x"),)


def test_temporary_schema_of_a_session_has_one_name() -> None:
    assert Scope(["pg_temp_3", "public"]).search_path == ("pg_temp", "public")
    assert Scope([]).resolve(("pg_temp_3", "t"), "relation") == (("pg_temp", "t"),)


def test_schema_of_the_user_and_the_system_are_passed_over() -> None:
    scope = Scope(["$user", "pg_catalog", "public"])
    assert scope.search_path == ("public",)
    assert scope.creation_schema(None) == "public"


@pytest.mark.parametrize(
    ("script", "schemas"),
    [
        ("set search_path = a, b; create table t ()", ["a"]),
        ("set search_path to a; reset search_path; create table t ()", ["public"]),
        ("set search_path to a; set search_path to default; create table t ()", ["public"]),
        ("set schema 'a'; create table t ()", ["a"]),
        ("set search_path = a; reset all; create table t ()", ["public"]),
        ("set search_path = a; discard all; create table t ()", ["public"]),
        ("begin; set local search_path = a; create table t (); commit; create table u ()",
         ["a", "public"]),
        ("begin; set search_path = a; create table t (); rollback; create table u ()",
         ["a", "public"]),
        ("begin; set search_path = a; commit; create table u ()", ["a"]),
        ("select pg_catalog.set_config('search_path', 'a, \"B\"', false); create table t ()",
         ["a"]),
        ("select set_config('search_path', '', false); create table t ()", [None]),
        ("set search_path = '$user', a; create table t ()", ["a"]),
        ("set search_path = pg_temp; create table t ()", ["pg_temp"]),
        ("set search_path from current; create table t ()", ["public"]),
    ],
)  # fmt: skip
def test_search_path_in_the_script_takes_effect(script: str, schemas: list[str | None]) -> None:
    touches = footprint(parse_changes(script), ["public"])
    assert [touch.schema for touch in touches if touch.kind == "table"] == schemas


def test_path_in_one_string_is_split_as_the_server_does() -> None:
    assert split_path('a, "B c" , "d,""e"') == ("a", "B c", 'd,"e')
    assert split_path("Mixed") == ("mixed",)
    assert split_path("") == ()


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("int", "integer"),
        ("int4", "integer"),
        ("pg_catalog.int8", "bigint"),
        ("smallint[]", "smallint[]"),
        ("int[][]", "integer[]"),
        ("int array[3]", "integer[]"),
        ("_int4", "integer[]"),
        ("bool", "boolean"),
        ("float", "double precision"),
        ("float(10)", "real"),
        ("decimal", "numeric"),
        ("decimal(10)", "numeric(10,0)"),
        ("numeric(10, 2)", "numeric(10,2)"),
        ("varchar", "character varying"),
        ("varchar(50)", "character varying(50)"),
        ("character varying (50)[]", "character varying(50)[]"),
        ("char", "character(1)"),
        ("bpchar", "character"),
        ('"char"', '"char"'),
        ("bit(3)", "bit(3)"),
        ("bit varying", "bit varying"),
        ("time", "time without time zone"),
        ("timestamp", "timestamp without time zone"),
        ("timestamp(3)", "timestamp(3) without time zone"),
        ("timestamptz", "timestamp with time zone"),
        ("timestamp(0) with time zone", "timestamp(0) with time zone"),
        ("timetz", "time with time zone"),
        ("interval", "interval"),
        ("interval day to second", "interval day to second"),
        ("interval(3)", "interval(3)"),
        ("text", "text"),
        ("jsonb", "jsonb"),
        ("mood", "public.mood"),
        ("mood[]", "public.mood[]"),
        ('"Mood"', 'public."Mood"'),
        ('s."order"', 's."order"'),
        ("geometry(Point, 4326)", "public.geometry(point,4326)"),
        ("information_schema.sql_identifier", "information_schema.sql_identifier"),
    ],
)
def test_types_have_the_names_that_format_type_prints(written: str, text: str) -> None:
    (parsed,) = safe_parser.parse_sql(f"select null::{written}")
    assert type_name(parsed.node.targetList[0].val.typeName, Scope(["public"]))[1] == text


def test_type_of_a_column_is_known_when_the_script_made_it() -> None:
    touches = footprint(
        parse_changes("create table t (a varchar(5)); create function f(x t.a%type) returns int "
                      "language sql as 'select 1'"),
        ["public"],
    )  # fmt: skip
    assert "f(character varying)" in {touch.name for touch in touches}


@pytest.mark.parametrize(
    ("name", "text"),
    [("users", "users"), ("Users", '"Users"'), ("a b", '"a b"'), ('a"b', '"a""b"'),
     ("1a", '"1a"'), ("order", '"order"'), ("a1_", "a1_"), ("é", '"é"'), ("a$", '"a$"')],
)  # fmt: skip
def test_names_are_quoted_where_the_server_does(name: str, text: str) -> None:
    assert quoted(name) == text


def test_long_names_give_way_to_the_label() -> None:
    first, second = "a" * 40, "b" * 40
    assert object_name(first, second, "key") == "a" * 29 + "_" + "b" * 29 + "_key"
    assert object_name("a" * 70, None, "pkey") == "a" * 58 + "_pkey"
    assert object_name("ab", "c" * 70, "idx") == "ab_" + "c" * 56 + "_idx"


def test_names_are_cut_at_whole_characters() -> None:
    name = object_name("ü" * 40, None, "pkey")
    assert name == "ü" * 29 + "_pkey"
    assert len(name.encode()) <= 63


def test_no_more_columns_are_joined_than_a_name_can_hold() -> None:
    assert addition(["a", "b"]) == "a_b"
    assert addition(["x" * 62, "y", "z"]) == "x" * 62 + "_y"


def names_of(script: str, *kinds: str) -> list[str]:
    touches = footprint(parse_changes(script), ["public"])
    return [
        touch.sub or touch.name
        for touch in touches
        if touch.kind in (kinds or ("index",)) and touch.action == "create"
    ]


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("create index on t (a); create index on t (a)", ["t_a_idx", "t_a_idx1"]),
        ("create index on t (a, a)", ["t_a_a1_idx"]),
        ("create index on t ((a + 1), (b + 1), lower(c))", ["t_expr_expr1_lower_idx"]),
        ("create index on t ((a::text), (b collate \"C\"), (case when c then 1 end))",
         ["t_a_b_case_idx"]),
        ("create index on t (a) include (b)", ["t_a_b_idx"]),
        ("create table t (a int unique, b int, unique (a, b))", ["t_a_key", "t_a_b_key"]),
        ("create table t (a int primary key unique)", ["t_pkey"]),
        ("create table t (a int, unique (a), constraint u unique (a))", ["u"]),
        ("create table t (a int, exclude (a with =))", ["t_a_excl"]),
        ("create table t_a_idx (b int); create index on t (a)", ["t_a_idx1"]),
        ("create index on t (a); drop index t_a_idx; create index on t (a)",
         ["t_a_idx", "t_a_idx"]),
        ("create index on t (a); alter index t_a_idx rename to x; create index on t (a)",
         ["t_a_idx", "x", "t_a_idx"]),
    ],
)  # fmt: skip
def test_indexes_are_named_as_the_server_does(script: str, names: list[str]) -> None:
    assert names_of(script) == names


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("create table t (a int check (a > 0), b int, check (a > b))", ["t_a_check", "t_check"]),
        ("create table t (a int, check (a > 0), check (a > 1))", ["t_a_check", "t_a_check1"]),
        ("create table t (a int check (b > 0), b int)", ["t_b_check"]),
        ("create table t (a int check (1 > 0))", ["t_check"]),
        ("create table t (a int references u, b int, foreign key (a, b) references u)",
         ["t_a_fkey", "t_a_b_fkey"]),
        ("create table t (a_b int check (a_b > 0)); create table t_a (b int check (b > 0))",
         ["t_a_b_check", "t_a_b_check1"]),
    ],
)  # fmt: skip
def test_constraints_are_named_as_the_server_does(script: str, names: list[str]) -> None:
    assert names_of(script, "table constraint") == names


def test_sequences_and_statistics_are_named_as_the_server_does() -> None:
    assert names_of("create table t (a serial, b int generated always as identity)",
                    "sequence") == ["t_a_seq", "t_b_seq"]  # fmt: skip
    assert names_of("create statistics on a, (b + 1) from t; create statistics on a, (b) from t",
                    "statistics object") == ["t_a_expr_stat", "t_a_expr_stat1"]  # fmt: skip
