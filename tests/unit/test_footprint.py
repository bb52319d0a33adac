"""What touches say beyond the object: facets, details, and what follows from the script itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from coord_detector.footprint import footprint
from coord_detector.model import Touch
from coord_detector.script import ScriptError, parse_changes


def touches_of(sql: str, path: Sequence[str] = ("public",)) -> list[Touch]:
    return footprint(parse_changes(sql), path)


def find(touches: Sequence[Touch], kind: str, action: str, name: str | None = None) -> Touch:
    found = [
        touch
        for touch in touches
        if touch.kind == kind and touch.action == action and name in (None, touch.name, touch.sub)
    ]
    assert found, [touch[:7] for touch in touches]
    return found[0]


@pytest.mark.parametrize(
    ("sql", "kind", "facet", "detail"),
    [
        ("alter table t alter a set default 5", "table column", "default", {"value": "5"}),
        ("alter table t alter a drop default", "table column", "default", {"value": None}),
        ("alter table t alter a set not null", "table column", "not null", {"value": True}),
        ("alter table t alter a type text using b::text", "table column", "type",
         {"value": "text", "using": "b::text"}),
        ("alter table if exists t alter a drop not null", "table column", "not null",
         {"value": False, "if_exists": True, "relation_if_exists": True}),
        ("alter table t alter a set statistics 5", "table column", "statistics", {"value": 5}),
        ("alter table t owner to bob", "table", "owner", {"value": "bob"}),
        ("alter table t set (fillfactor = 70)", "table", "options",
         {"value": {"fillfactor": 70}}),
        ("alter table t disable trigger x", "trigger", "enabled", {"value": "disabled"}),
        ("alter table t validate constraint c", "table constraint", "validation",
         {"value": True}),
        ("alter table t force row level security", "table", "force row security",
         {"value": True}),
        ("alter type mood add value 'b' after 'a'", "type", "value",
         {"value": "b", "anchor": {"after": "a"}}),
        ("alter type mood add value if not exists 'b'", "type", "value",
         {"value": "b", "if_not_exists": True}),
        ("alter type mood rename value 'a' to 'b'", "type", "value",
         {"value": "a", "renamed_to": "b"}),
        ("alter function f(int) volatile", "function", "volatility", {"value": "volatile"}),
        ("alter function f(int) set work_mem = 5", "function", "configuration",
         {"value": {"work_mem": [5]}}),
        ("alter sequence s restart with 7", "sequence", "value", {"value": 7}),
        ("alter policy p on t using (a > 1)", "policy", "using", {"value": "(a > 1)"}),
        ("grant select, insert on t to bob, public", "table", "privileges",
         {"is_grant": True, "grantee": ["bob", "public"], "privileges": ["select", "insert"]}),
        ("revoke grant option for all on t from bob cascade", "table", "privileges",
         {"is_grant": False, "grantee": ["bob"], "grant_option": True, "cascade": True,
          "privileges": ["all"]}),
        ("comment on table t is 'x'", "table", "comment", {"value": "x"}),
        ("alter domain d set not null", "type", "not null", {"value": True}),
        ("alter event trigger e enable always", "event trigger", "enabled",
         {"value": "always"}),
    ],
)  # fmt: skip
def test_alterations_say_which_aspect_and_value(
    sql: str, kind: str, facet: str, detail: dict[str, Any]
) -> None:
    touch = find(touches_of(sql), kind, "alter")
    assert touch.facet == facet
    assert dict(touch.detail) == detail


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("drop table if exists t cascade", {"if_exists": True, "cascade": True}),
        ("drop index concurrently t", {"concurrently": True}),
        ("alter table t drop column if exists a cascade", {"if_exists": True, "cascade": True}),
        ("alter table t drop constraint a", {}),
    ],
)
def test_drops_say_how(sql: str, words: dict[str, Any]) -> None:
    (touch,) = touches_of(sql)
    assert touch.action == "drop"
    assert dict(touch.detail) == words


@pytest.mark.parametrize(
    ("sql", "kind", "old", "new"),
    [
        ("alter table t rename to u", "table", "t", "u"),
        ("alter table t rename column a to b", "table column", "a", "b"),
        ("alter table t rename constraint a to b", "table constraint", "a", "b"),
        ("alter view v rename column a to b", "view column", "a", "b"),
        ("alter index i rename to j", "index", "i", "j"),
        ("alter type t rename to u", "type", "t", "u"),
        ("alter type t rename attribute a to b", "composite type column", "a", "b"),
        ("alter domain d rename constraint a to b", "domain constraint", "a", "b"),
        ("alter function f(int) rename to g", "function", "f(integer)", "g(integer)"),
        ("alter trigger a on t rename to b", "trigger", "a", "b"),
        ("alter policy a on t rename to b", "policy", "a", "b"),
        ("alter rule a on t rename to b", "rule", "a", "b"),
        ("alter schema a rename to b", "schema", "a", "b"),
        ("alter role a rename to b", "role", "a", "b"),
        ("alter publication a rename to b", "publication", "a", "b"),
    ],
)
def test_rename_is_a_drop_and_a_create(sql: str, kind: str, old: str, new: str) -> None:
    gone, made = touches_of(sql)
    assert (gone.kind, gone.action, gone.facet) == (kind, "drop", "name")
    assert (made.kind, made.action, made.facet) == (kind, "create", "name")
    assert (gone.sub or gone.name, made.sub or made.name) == (old, new)
    assert gone.detail["renamed_to"] == new
    assert made.detail["renamed_from"] == old


def test_set_schema_is_a_drop_and_a_create() -> None:
    gone, made = touches_of("alter table a.t set schema b")
    assert gone[1:7] == ("table", "a", "t", None, "drop", "schema")
    assert made[1:7] == ("table", "b", "t", None, "create", "schema")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("create table t (a int4 not null default 1)",
         "create table public.t (a integer default 1 not null)"),
        ("create table t (a int check (a > 0))", "create table t (a int, check (a > 0))"),
        ("create table t (a int references u (b))",
         "create table t (a int, foreign key (a) references public.u (b))"),
        ("create index i on t (a)", "create index i on public.t using btree (a asc nulls last)"),
        ("create view v as select a from t", "create view v as select a from public.t"),
        ("alter table t add a varchar(5)", "alter table t add column a character varying(5)"),
        ("create function f() returns int language sql stable as 'x'",
         "create function f() returns int4 stable language sql as 'x'"),
        ("create policy p on t to a, b using (true)", "create policy p on t to b, a using (true)"),
        ("create type e as enum ('a')", "create type public.e as enum ('a')"),
        ("alter table t add check (lower(a) = pg_catalog.upper(b))",
         "alter table t add check (pg_catalog.lower(a) = upper(b))"),
    ],
)  # fmt: skip
def test_two_spellings_have_one_definition(one: str, other: str) -> None:
    definitions = [
        [touch.detail.get("definition") for touch in touches_of(sql) if touch.action == "create"]
        for sql in (one, other)
    ]
    assert definitions[0] == definitions[1]
    assert definitions[0][0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("create table t (a int)", "create table t (a bigint)"),
        ("create table t (a int)", "create table t (a int not null)"),
        ("create index i on t (a)", "create index i on t (a desc)"),
        ("create index i on t (a)", "create unique index i on t (a)"),
        ("create view v as select a from t", "create view v as select a from u"),
        ("create view v as select 'a b'", "create view v as select 'a  b'"),
        ("create view v as select count(a) from t",
         "create view v as select count(distinct a) from t"),
        ("create view v as select a from t join u on true",
         "create view v as select a from t left join u on true"),
        ("create view v as select a from t limit 1", "create view v as select a from t limit 2"),
        ("create function f() returns int language sql as 'x'",
         "create function f() returns int language sql as 'X'"),
        ("alter table t add foreign key (a) references u on delete cascade",
         "alter table t add foreign key (a) references u"),
        ("alter table t add check (a between 1 and 2)",
         "alter table t add check (a not between 1 and 2)"),
        ("alter table t add constraint c not null a",
         "alter table t add constraint c not null a no inherit"),
        ("alter table t add constraint c not null a",
         "alter table t add constraint c not null a not valid"),
        ("alter table t add foreign key (a, b) references u (a, b)",
         "alter table t add foreign key (a, period b) references u (a, period b)"),
    ],
)  # fmt: skip
def test_two_things_have_two_definitions(one: str, other: str) -> None:
    definitions = [
        next(touch.detail["definition"] for touch in touches_of(sql) if touch.action == "create")
        for sql in (one, other)
    ]
    assert definitions[0] != definitions[1]


def test_long_definitions_are_told_apart_by_their_end() -> None:
    long = "select " + ", ".join(f"a{number}" for number in range(300))
    one, other = (
        touches_of(f"create view v as {long} from {table}")[0].detail["definition"]
        for table in ("t", "u")
    )
    assert one != other
    assert len(str(one)) < 400


def test_candidates_share_a_number() -> None:
    touches = touches_of("alter table t add column a int, drop column b", ["one", "two"])
    assert [(touch.schema, touch.sub) for touch in touches] == [
        ("one", "b"), ("two", "b"), ("one", "a"), ("two", "a"),
    ]  # fmt: skip
    assert len({touch.detail["candidate"] for touch in touches}) == 1


def test_temporary_objects_are_in_the_temporary_schema() -> None:
    touches = touches_of("create temp table t (id serial primary key); create index on t (id)")
    assert {touch.schema for touch in touches} == {"pg_temp"}


def test_view_of_a_temporary_table_is_temporary() -> None:
    touches = touches_of("create temp table t (a int); create view v as select a from t")
    assert find(touches, "view", "create").schema == "pg_temp"


def test_parts_of_one_statement_are_in_the_order_of_their_execution() -> None:
    touches = touches_of("alter table t add constraint c check (a > 0), drop constraint c")
    assert [touch.action for touch in touches if touch.kind == "table constraint"] == [
        "drop",
        "create",
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "create table t (a int constraint c not null)",
        "create table t (a int, constraint c not null a)",
        "alter table t add column a int constraint c not null",
        "alter table t add constraint c not null a",
    ],
)
def test_named_not_null_is_a_constraint(sql: str) -> None:
    touch = find(touches_of(sql), "table constraint", "create")
    assert (touch.sub, touch.detail["definition"]) == ("c", "not null a")


def test_primary_key_makes_its_columns_not_null() -> None:
    touch = find(touches_of("alter table t add primary key (a)"), "table column", "alter")
    assert (touch.sub, touch.facet, touch.detail["implied"]) == ("a", "not null", True)


def test_partitions_of_the_script_follow_their_parent() -> None:
    touches = touches_of(
        "create table p (a int) partition by range (a);"
        "create table q partition of p default;"
        "alter table p add b int;"
        "create index on p (b);"
        "alter table p add check (b > 0)"
    )
    follow = {
        (touch.kind, touch.sub or touch.name)
        for touch in touches
        if touch.detail.get("implied") and "q" in (touch.name, touch.name[:1])
    }
    assert follow == {
        ("table column", "a"),
        ("table column", "b"),
        ("index", "q_b_idx"),
        ("table constraint", "p_b_check"),
    }


def test_what_a_table_of_the_script_has_goes_with_it() -> None:
    touches = touches_of("create table t (id serial primary key); drop table t")
    assert {(touch.kind, touch.name) for touch in touches if touch.action == "drop"} == {
        ("table", "t"),
        ("index", "t_pkey"),
        ("sequence", "t_id_seq"),
    }


def test_ddl_in_a_block_is_seen() -> None:
    touches = touches_of("do $$ begin execute 'drop table t'; alter table u add a int; end $$")
    assert {(touch.kind, touch.name, touch.action) for touch in touches} == {
        ("table", "t", "drop"),
        ("table column", "u", "create"),
    }


def test_dynamic_sql_is_opaque() -> None:
    touches = touches_of("do $$ begin execute 'drop table ' || current_user; end $$")
    assert [(touch.kind, touch.detail["opaque"]) for touch in touches] == [("unknown", True)]


def test_elements_of_a_schema_are_in_it() -> None:
    touches = touches_of("create schema s create view v as select a from t create table t (a int)")
    assert [(touch.kind, touch.schema, touch.name) for touch in touches if not touch.sub] == [
        ("schema", None, "s"),
        ("table", "s", "t"),
        ("view", "s", "v"),
        ("table", "s", "t"),
    ]


def test_grants_on_all_tables_are_the_schemas() -> None:
    touch = find(touches_of("grant select on all tables in schema s to bob"), "schema", "alter")
    assert touch[1:7] == ("schema", None, "s", None, "alter", "privileges of tables")
    assert touch.detail["all_in_schema"] is True


def test_passwords_are_not_repeated() -> None:
    text = repr(touches_of("alter role bob password 'secret'; create role eve password 'secret'"))
    assert "secret" not in text


@pytest.mark.parametrize(
    "sql",
    [
        "create table p (a int) partition by list (a);"
        + "".join(f"create table p{n} partition of p for values in ({n});" for n in range(1000))
        + "".join(f"alter table p add b{n} int;" for n in range(1000)),
        "".join(f"create table t{n} ();" for n in range(1000))
        + "alter schema public rename to a; alter schema a rename to public;" * 1000,
        f"create table t ({', '.join(f'a{n} int' for n in range(1000))});"
        + "".join(f"create table t{n} (like t);" for n in range(1000)),
    ],
    ids=["partitions", "schema", "like"],
)
def test_a_few_lines_cannot_ask_for_millions_of_touches(sql: str) -> None:
    with pytest.raises(ScriptError) as caught:
        touches_of(sql)
    assert caught.value.sqlstate == "54000"


def test_a_renamed_sequence_goes_with_its_table() -> None:
    touches = touches_of(
        "create table g (id bigserial); alter sequence g_id_seq rename to s; drop table g"
    )
    assert find(touches, "sequence", "drop", "s").facet == "definition"


def test_columns_beside_a_star_are_known() -> None:
    touches = touches_of("create view v as select t.*, u.a, lower(u.b), 1 as one from t, u")
    made = [touch.sub for touch in touches if touch.kind == "view column"]
    assert made == ["a", "lower", "one"]
    touches = touches_of("create view v (x) as select t.*, u.a from t, u")
    assert not [touch for touch in touches if touch.kind == "view column"]


def test_what_was_a_partition_keeps_its_bounds() -> None:
    made = "create table p (a int, b int) partition by {}; create table q partition of p default;"
    detach = "alter table p detach partition q concurrently"
    for key, name in (("list (a)", "q_a_check"), ("range (a, b)", "q_check")):
        touches = touches_of(made.format(key) + detach)
        assert find(touches, "table constraint", "create", name).name == "q"
    assert not [touch for touch in touches_of(detach) if touch.kind == "table constraint"]


def test_settings_of_a_routine_keep_numbers_and_words_apart() -> None:
    [touch] = touches_of("alter function f() set search_path = a, 'b'")
    assert touch.detail["value"] == {"search_path": ["a", "b"]}
    [touch] = touches_of("alter function f() set x = 1, 'b', 2.5")
    assert touch.detail["value"] == {"x": [1, "b", "2.5"]}
    [touch] = touches_of("alter function f() reset x")
    assert touch.detail["value"] == {"x": None}


def test_a_view_goes_with_what_it_is_of_under_whatever_name() -> None:
    touches = touches_of(
        "create table t (a int); create view v as select a from t; alter table t rename to u;"
        "create table t (a int); create view w as select a from t; drop table u cascade"
    )
    dropped = [touch.name for touch in touches if touch.kind == "view" and touch.action == "drop"]
    assert dropped == ["v"]


def test_indexes_get_another_operator_class_with_another_type() -> None:
    made = "create table t (a int primary key, b varchar(9) unique, c mood unique);"
    alter = "alter table t alter a type bigint, alter b type text, alter c type state"
    changed = [touch.name for touch in touches_of(made + alter) if touch.facet == "type"
               and touch.kind == "index"]  # fmt: skip
    assert changed == ["t_pkey"]


@pytest.mark.parametrize(
    "made",
    ["create table t{} () inherits (t{});", "create view t{} as select * from t{};",
     "create table t{} partition of t{} default partition by list (a);"],
)  # fmt: skip
def test_a_long_chain_goes_with_its_first(made: str) -> None:
    chain = "".join(made.format(number, number - 1) for number in range(1, 600))
    first = "create table t0 (a int constraint c check (a > 0)) partition by list (a);"
    tail = "alter table t0 rename constraint c to d; alter table t0 rename to t; "
    touches = touches_of(first + chain + tail + "drop table t cascade")
    dropped = {touch.name for touch in touches if touch.sub is None and touch.action == "drop"}
    assert dropped == {"t", *(f"t{number}" for number in range(600))}
