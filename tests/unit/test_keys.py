"""Under which keys touches are found."""

from __future__ import annotations

import pytest

from coord_detector.keys import Key, keys_of
from coord_detector.model import Touch
from coord_detector.touch_json import from_json, to_json


def touch(kind: str, name: str, **given: object) -> Touch:
    values: dict[str, object] = {
        "statement_no": 1,
        "kind": kind,
        "schema": "public",
        "name": name,
        "sub": None,
        "action": "alter",
        "facet": None,
        "detail": {},
    }
    return Touch(**(values | given))  # type: ignore[arg-type]


def keys(*touches: Touch) -> set[Key]:
    return set(keys_of(touches)) - {Key("database", False, True)}


IN_PUBLIC = Key("all in public", False, True)


@pytest.mark.parametrize("kind", ["table", "index", "view", "type", "sequence", "domain"])
def test_relations_and_types_share_a_namespace(kind: str) -> None:
    assert keys(touch(kind, "x")) == {Key("name public.x", True), IN_PUBLIC}


@pytest.mark.parametrize(
    "kind", ["table column", "table constraint", "trigger", "policy", "rule", "default value"]
)
def test_members_are_found_through_their_table(kind: str) -> None:
    assert keys(touch(kind, "users", sub="c")) == {Key("name public.users", True), IN_PUBLIC}


def test_routines_are_found_by_their_bare_name() -> None:
    made = keys(touch("function", "f(integer,text)"))
    called = keys(touch("function", "f", schema=None, action="use", facet="reference"))
    assert Key("routine f", True) in made
    assert called == {Key("routine f", False)}


def test_index_is_found_through_its_name_and_its_table() -> None:
    detail = {"table": {"schema": "s", "name": "users"}}
    assert {Key("name public.x", True), Key("name s.users", True)} <= keys(
        touch("index", "x", action="create", detail=detail)
    )


def test_readers_share_and_writers_do_not() -> None:
    reads = touch("table", "users", action="use", facet="reference")
    data = touch("table", "users", action="use", facet="data", detail={"access": "read"})
    writes = touch("table", "users", action="use", facet="data", detail={"access": "write"})
    assert Key("name public.users", False) in keys(reads)
    assert Key("name public.users", False) in keys(data)
    assert Key("name public.users", True) in keys(writes)
    assert Key("name public.users", True) in keys(reads, writes)


def test_schema_as_a_whole() -> None:
    whole = Key("all in s", True, True)
    part = Key("all in s", False, True)
    assert whole in keys(touch("schema", "s", schema=None, action="drop"))
    assert whole in keys(touch("schema", "s", schema=None, action="create"))
    assert whole in keys(touch("schema", "s", schema=None, facet="name"))
    assert part in keys(touch("schema", "s", schema=None, facet="privileges"))
    assert whole in keys(touch("schema", "s", schema=None, detail={"all_in_schema": True}))
    assert part in keys(touch("table", "t", schema="s"))


def test_code_that_nobody_can_look_into_takes_the_database() -> None:
    opaque = touch(
        "unknown", "do", schema=None, action="use", facet="data", detail={"opaque": True}
    )
    assert Key("database", True, True) in keys_of([opaque])
    body = opaque._replace(facet="reference")
    assert Key("database", False, True) in keys_of([body]), "a body that does not run now"
    assert Key("database", False, True) in keys_of([touch("table", "t")])


def test_temporary_objects_have_no_key() -> None:
    assert keys(touch("table", "t", schema="pg_temp")) == set()


def test_touches_survive_storage() -> None:
    touches = [touch("table", "t", detail={"a": [1, {"b": None}]}), touch("view", "v", sub="é")]
    assert from_json(to_json(touches)) == touches
