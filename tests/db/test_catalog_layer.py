"""What the catalog adds to the text, for whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from coord_detector.catalog import enrich
from coord_detector.footprint import footprint
from coord_detector.model import Touch
from coord_detector.rules import compare, prepare
from coord_detector.script import parse_changes
from tests.score_pairs import catalog_query

BASE = """
create table users (id bigint primary key, email text, phone text, fallback text default 'x');
create index users_phone on users (phone);
create view mails as select id, email from users;
create view late as select id from mails;
create table log (what text);
create function note() returns trigger language plpgsql as
  $$ begin insert into log (what) values (new.email); return new; end $$;
create trigger users_note after update of email on users for each row execute function note();
create schema other;
create table other.things (id integer);
create type mood as enum ('sad', 'happy');
create table parent (id integer, c text) partition by range (id);
create table child partition of parent for values from (0) to (10);
"""


@pytest.fixture
def base(plain_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(plain_dsn, autocommit=True) as connection:
        connection.execute(BASE.encode())
        yield connection


def enriched(
    connection: psycopg.Connection[Any], *changes: str, path: tuple[str, ...] = ("public",)
) -> list[Touch]:
    return enrich(footprint(parse_changes(list(changes)), path), catalog_query(connection))


def brief(touches: list[Touch]) -> set[tuple[str, str, str | None, str, str | None]]:
    return {
        (touch.kind, touch.name, touch.sub, touch.action, touch.facet)
        for touch in touches
        if touch.detail.get("via") == "catalog"
    }


def test_what_goes_along_and_what_stands_in_the_way(base: psycopg.Connection[Any]) -> None:
    found = brief(enriched(base, "alter table users drop column phone"))
    assert ("index", "users_phone", None, "drop", "definition") in found
    found = brief(enriched(base, "alter table users drop column email"))
    assert ("view", "mails", None, "use", "absence") in found
    found = brief(enriched(base, "alter table users drop column email cascade"))
    assert ("view", "mails", None, "drop", "definition") in found
    assert ("view", "late", None, "drop", "definition") in found
    found = brief(enriched(base, "alter table users alter column email type varchar(9)"))
    assert ("view", "mails", None, "use", "absence") in found
    assert ("trigger", "users", "users_note", "use", "absence") in found


def test_an_obstacle_that_the_script_itself_removes_is_none(base: psycopg.Connection[Any]) -> None:
    found = brief(enriched(base, "drop view mails cascade", "alter table users drop column email"))
    assert ("view", "mails", None, "use", "absence") not in found


def test_candidates_are_settled_by_what_exists(base: psycopg.Connection[Any]) -> None:
    path = ("public", "other")
    touches = enriched(base, "alter table things add column c int", path=path)
    assert {(touch.schema, touch.name) for touch in touches} == {("other", "things")}
    assert not any("candidate" in touch.detail for touch in touches)
    touches = enriched(base, "alter table nowhere add column c int", path=path)
    assert {touch.schema for touch in touches} == {"public", "other"}


def test_what_is_made_beside_an_object_goes_into_its_schema(
    base: psycopg.Connection[Any],
) -> None:
    path = ("public", "other")
    touches = enriched(base, "create index on things (id)", path=path)
    made = [touch for touch in touches if touch.action == "create"]
    assert [(touch.schema, touch.name) for touch in made] == [("other", "things_id_idx")]
    assert made[0].detail["table"] == {"schema": "other", "name": "things"}
    touches = enriched(
        base,
        "alter table things rename to goods; alter table goods add column c integer;"
        " create index goods_c on goods (c); alter index goods_c rename to by_c",
        path=path,
    )
    assert {touch.schema for touch in touches} == {"other"}
    assert {touch.name for touch in touches if touch.action == "create"} >= {"goods", "by_c"}


def test_argument_types_are_those_that_exist(base: psycopg.Connection[Any]) -> None:
    base.execute("create type other.hue as enum ('red')")
    path = ("public", "other")
    touches = enriched(
        base, "create function f(h hue, hs hue[]) returns text language sql return 1", path=path
    )
    assert touches[0].name == "f(other.hue,other.hue[])"
    base.execute("create function other.g(h other.hue) returns text language sql return 1")
    touches = enriched(base, "drop function g(hue)", path=path)
    assert [(touch.schema, touch.name) for touch in touches if touch.action == "drop"] == [
        ("other", "g(other.hue)")
    ]


def test_a_member_that_comes_and_goes_leaves_the_partitions_too(
    base: psycopg.Connection[Any],
) -> None:
    touches = enriched(
        base,
        "alter table parent add constraint positive check (id > 0)",
        "alter table parent drop constraint positive",
    )
    assert [
        touch.action
        for touch in touches
        if touch[1:5] == ("table constraint", "public", "child", "positive")
    ] == ["create", "drop"]


def test_what_comes_along_with_a_new_table(base: psycopg.Connection[Any]) -> None:
    found = brief(enriched(base, "create table copied (like users including all)"))
    assert ("table column", "copied", "phone", "create", "definition") in found
    assert ("table constraint", "copied", "copied_pkey", "create", "definition") in found
    assert ("index", "copied_phone_idx", None, "create", "definition") in found
    found = brief(
        enriched(base, "create table next partition of parent for values from (10) to (20)")
    )
    assert ("table column", "next", "c", "create", "definition") in found
    found = brief(enriched(base, "create view v as select u.*, 1 as one from users u"))
    assert ("view column", "v", "fallback", "create", "definition") in found
    found = brief(enriched(base, "create index on parent (c)"))
    assert ("index", "child_c_idx", None, "create", "definition") in found


def test_rows_fire_triggers(base: psycopg.Connection[Any]) -> None:
    assert ("table", "log", None, "use", "data") in brief(
        enriched(base, "update users set email = ''")
    )
    assert ("table", "log", None, "use", "data") not in brief(
        enriched(base, "update users set phone = ''")
    )


def test_partitions_follow_their_table(base: psycopg.Connection[Any]) -> None:
    found = brief(enriched(base, "alter table parent add column d text"))
    assert ("table column", "child", "d", "create", "definition") in found
    found = brief(enriched(base, "alter table only parent alter column c set default 'x'"))
    assert ("table column", "parent", "c", "alter", "default") not in found


def test_it_works_without_privileges_and_read_only(base: psycopg.Connection[Any]) -> None:
    query = catalog_query(base)
    changes = parse_changes(
        [
            "drop table users cascade",
            "alter table parent add column d text",
            "update users set email = ''",
            "select note()",
            "alter type mood add value 'ok' after 'sad'",
            "alter default privileges in schema other grant select on tables to public",
            "alter table nothing add column here text",
        ]
    )
    touches = footprint(changes, ("public",))
    with base.transaction(force_rollback=True):
        base.execute("create role nobody_special")
        base.execute("set local role nobody_special")
        base.execute("set transaction read only")
        as_nobody = enrich(touches, query)
    assert list(map(repr, as_nobody)) == list(map(repr, enrich(touches, query)))


def test_ten_thousand_objects(base: psycopg.Connection[Any]) -> None:
    script = ";".join(f"alter table t{number} add column c text" for number in range(10_000))
    asked = 0
    query = catalog_query(base)

    def counting(sql: str, arguments: list[Any]) -> list[dict[str, Any]]:
        nonlocal asked
        asked += 1
        return query(sql, arguments)

    touches = enrich(footprint(parse_changes(script), ("public",)), counting)
    assert len(touches) >= 10_000
    assert asked < 20
    mine, theirs = prepare(touches), prepare(enriched(base, "alter table t77 add column d text"))
    assert [one.objects for one in compare(mine, theirs)] == [("t77",)]


def test_not_null_and_its_constraint_go_together(
    base: psycopg.Connection[Any], pg_version: int
) -> None:
    base.execute("alter table users alter column email set not null")
    found = brief(enriched(base, "alter table users alter column email drop not null"))
    constraint = ("table constraint", "users", "users_email_not_null", "drop", "definition")
    assert (constraint in found) is (pg_version >= 18)
    found = brief(enriched(base, "alter table users drop constraint users_email_not_null"))
    column = ("table column", "users", "email", "alter", "not null")
    assert (column in found) is (pg_version >= 18)


def test_an_automatic_name_is_the_first_that_is_free(base: psycopg.Connection[Any]) -> None:
    base.execute("create index on users (email); create index on users (email)")
    base.execute("alter table users add check (id > 0)")
    touches = enriched(
        base,
        "create index on users (email); alter table users add check (id < 9), add check (id < 8)",
    )
    made = [touch.sub or touch.name for touch in touches if touch.action == "create"]
    assert made == ["users_email_idx2", "users_id_check1", "users_id_check2"]
