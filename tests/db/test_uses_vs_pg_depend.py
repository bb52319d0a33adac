"""The uses of a footprint against what PostgreSQL itself records in pg_depend.

Each statement of the corpus is executed on the base schema and rolled back. The server's new
rows of pg_depend, as far as they point to objects that were there before, are what the footprint
must contain: once for the statement alone, when names can only be guessed from the search path,
and once for the base schema and the statement as one script, when they are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg.rows import dict_row

from coord_detector import uses
from coord_detector.catalog import enrich
from coord_detector.footprint import footprint
from coord_detector.model import Touch
from coord_detector.script import Statement, parse_changes
from tools.cluster import Cluster

HERE = Path(__file__).parent / "uses"
BASE = (HERE / "base.sql").read_text(encoding="utf-8")
PATH = ("public", "fleet")


class Object(NamedTuple):
    """An object as both sides name it: routines without their arguments, arrays as elements."""

    kind: str
    schema: str | None
    name: str
    sub: str | None


class Case(NamedTuple):
    statement: Statement
    recorded: frozenset[Object]
    enriched: list[Touch]
    """The footprint of the statement alone, with what the catalog of the base schema adds."""
    output_names: tuple[str, ...] | None
    """The columns of the view that the statement makes, as the server named them."""


NOT_IN_THE_TEXT = {
    Object("table", "public", "place", "town"): "a field of a column's composite type",
    Object("table", "public", "place", "zip"): "a field of a column's composite type",
    **{
        Object("table", "fleet", "truck", column): "a column of a function's result"
        for column in ("id", "plate", "fuel", "depot_id", "bought_on", "capacity")
    },
    Object("type", "fleet", "fuel", None): "the type of a column",
    Object("type", "ledger", "cents", None): "the type of a column or an operand",
    Object("type", "public", "customer", None): "the type of a whole row",
    Object("type", "public", "parcel_state", None): "the type of a column",
    Object("type", "public", "place", None): "the type of a column",
    Object("type", "public", "weight_kg", None): "the type of a column",
    Object("type", "public", "money_range", None): "the type of a function's result",
}
"""What pg_depend names and a statement does not, with the reason; the catalog layer adds these."""

DEPENDENCIES = """
select distinct d.refclassid::regclass::text, d.refobjid, d.refobjsubid
from pg_depend d
where d.deptype in ('n', 'a') and d.refobjid >= 16384
  and not exists (
    select from known_dependency k
    where (k.classid, k.objid, k.objsubid, k.refclassid, k.refobjid, k.refobjsubid)
        = (d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid))
"""

NAMES = {
    "pg_class": """
        select case when relkind = 'S' and %(sub)s = 0 then 'sequence' else 'table' end,
               n.nspname, c.relname,
               (select attname from pg_attribute where attrelid = c.oid and attnum = %(sub)s
                and attnum > 0)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.oid = %(id)s and c.oid in (select id from known_object)""",
    "pg_type": """
        select 'type', n.nspname, coalesce(e.typname, t.typname), null
        from pg_type t left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
        join pg_namespace n on n.oid = t.typnamespace
        where t.oid = %(id)s and t.oid in (select id from known_object)""",
    **{
        f"pg_{catalog}": f"""
            select '{kind}', n.nspname, o.{prefix}name, null
            from pg_{catalog} o join pg_namespace n on n.oid = o.{prefix}namespace
            where o.oid = %(id)s and o.oid in (select id from known_object)"""
        for catalog, prefix, kind in (
            ("proc", "pro", "function"),
            ("operator", "opr", "operator"),
            ("collation", "coll", "collation"),
            ("ts_config", "cfg", "text search configuration"),
        )
    },
    "pg_constraint": """
        select 'table constraint', n.nspname, c.relname, o.conname
        from pg_constraint o join pg_class c on c.oid = o.conrelid
        join pg_namespace n on n.oid = c.relnamespace
        where o.oid = %(id)s and o.oid in (select id from known_object)""",
}

KNOWN = """
create temp table known_dependency as select * from pg_depend;
create temp table known_object as
  select oid as id from pg_class union all select oid from pg_type union all
  select oid from pg_proc union all select oid from pg_operator union all
  select oid from pg_collation union all select oid from pg_ts_config union all
  select oid from pg_constraint
"""


def _recorded(connection: psycopg.Connection[Any]) -> Iterator[Object]:
    for catalog, oid, sub in connection.execute(DEPENDENCIES).fetchall():
        if catalog in NAMES:
            row = connection.execute(NAMES[catalog], {"id": oid, "sub": sub}).fetchone()
            if row is not None:
                yield Object(*row)


@pytest.fixture(scope="module")
def module_dsn(cluster: Cluster) -> Iterator[str]:
    """A database that all tests here share: its contents are made once, and rolled back."""
    with cluster.connect("postgres") as connection:
        connection.execute("create database uses_vs_pg_depend")
        yield cluster.dsn("uses_vs_pg_depend")
        connection.execute("drop database uses_vs_pg_depend (force)")


@pytest.fixture(scope="module")
def cases(module_dsn: str) -> list[Case]:
    corpus = parse_changes((HERE / "corpus.sql").read_text(encoding="utf-8"))
    found: list[Case] = []
    with psycopg.connect(module_dsn) as connection:
        connection.execute(BASE)
        connection.execute("set client_min_messages = error")
        for statement in parse_changes(KNOWN):
            connection.execute(statement.text)
        catalog = psycopg.RawCursor(connection, row_factory=dict_row)

        def ask(query: str, arguments: list[Any]) -> list[dict[str, Any]]:
            return catalog.execute(query.encode(), arguments).fetchall()

        for statement in corpus:
            enriched = enrich(footprint([statement], PATH), ask)
            connection.execute("savepoint before")
            connection.execute(statement.text)
            recorded = frozenset(_recorded(connection))
            columns = connection.execute(
                "select attname from pg_attribute where attrelid = to_regclass('public.v')"
                " and attnum > 0 order by attnum"
            ).fetchall()
            names = tuple(name for (name,) in columns) or None
            found.append(Case(statement, recorded, enriched, names))
            connection.execute("rollback to before")
    return found


@pytest.fixture(scope="module")
def alone(cases: list[Case]) -> list[list[Touch]]:
    return [footprint([case.statement], PATH) for case in cases]


@pytest.fixture(scope="module")
def after_base(cases: list[Case]) -> list[list[Touch]]:
    base = parse_changes(BASE)
    number = len(base) + 1
    return [
        [
            touch
            for touch in footprint([*base, case.statement._replace(no=number)], PATH)
            if touch.statement_no == number
        ]
        for case in cases
    ]


def objects(touches: list[Touch]) -> set[Object]:
    """The objects of touches, in the words of ``recorded``."""
    found: set[Object] = set()
    for touch in touches:
        kind = {
            "table column": "table",
            "view": "table",
            "materialized view": "table",
            "procedure": "function",
            "domain": "type",
        }.get(touch.kind, touch.kind)
        found.add(Object(kind, touch.schema, touch.name.partition("(")[0], touch.sub))
    return found


def missing(case: Case, touches: list[Touch]) -> set[Object]:
    """What the server recorded and the footprint does not contain."""
    found = objects(touches)
    places = {(schema, name) for _, schema, name, _ in found}
    whole = {(t.schema, t.name) for t in touches if t.detail.get("all_columns")}
    return {
        one
        for one in case.recorded - found
        # A relation is used by whoever uses a part of it, and all columns are each of them.
        if not (one.sub is None and one.kind in ("table", "sequence") and one[1:3] in places)
        and not (one.kind == "table" and one.sub is not None and one[1:3] in whole)
    }


def share(cases: list[Case], footprints: list[list[Touch]]) -> float:
    recorded = sum(len(case.recorded) for case in cases)
    lost = sum(len(missing(case, touches)) for case, touches in zip(cases, footprints, strict=True))
    return 1 - lost / recorded


def test_the_corpus_is_broad(cases: list[Case]) -> None:
    assert len(cases) >= 170
    assert sum(len(case.recorded) for case in cases) >= 500
    kinds = {one.kind for case in cases for one in case.recorded}
    assert kinds == {
        "table", "sequence", "type", "function", "operator", "collation",
        "text search configuration", "table constraint",
    }  # fmt: skip


def test_every_dependency_that_is_written_is_found(
    cases: list[Case], alone: list[list[Touch]], after_base: list[list[Touch]]
) -> None:
    for footprints in (alone, after_base, [case.enriched for case in cases]):
        lost = {
            case.statement.text: found
            for case, touches in zip(cases, footprints, strict=True)
            if (found := missing(case, touches) - NOT_IN_THE_TEXT.keys())
        }
        assert lost == {}


def test_recorded_dependencies_are_found(
    cases: list[Case], alone: list[list[Touch]], after_base: list[list[Touch]]
) -> None:
    """Of one statement alone the text does not tell the types of the columns."""
    assert share(cases, alone) >= 0.93
    assert share(cases, after_base) >= 0.97
    assert share(cases, [case.enriched for case in cases]) >= 0.93


def test_few_uses_are_claimed_that_the_server_does_not_record(
    cases: list[Case], after_base: list[list[Touch]]
) -> None:
    """Without the types of columns, which are said to be implied."""
    claimed, wrong = 0, []
    for case, touches in zip(cases, after_base, strict=True):
        certain = [
            touch
            for touch in touches
            if touch.action == "use"
            and touch.kind not in ("schema", "role")
            and "candidate" not in touch.detail
            and "implied" not in touch.detail
        ]
        places = {one[1:3] for one in case.recorded}
        for one in objects(certain):
            claimed += 1
            if one not in case.recorded and not (one.sub is None and one[1:3] in places):
                wrong.append((case.statement.text, one))
    assert len(wrong) <= claimed * 0.01, wrong


def test_candidates_are_rare_where_the_tables_are_known(after_base: list[list[Touch]]) -> None:
    touches = [touch for touches in after_base for touch in touches]
    candidates = [touch for touch in touches if "candidate" in touch.detail]
    assert len(candidates) <= len(touches) * 0.01


def test_columns_have_the_names_that_the_server_gives(cases: list[Case]) -> None:
    compared = 0
    for case in cases:
        node = case.statement.node
        if case.output_names is None or type(node).__name__ != "ViewStmt" or node.aliases:
            continue
        names = uses.output_names(node.query)
        if names is not None:
            compared += 1
            assert names == case.output_names, case.statement.text
    assert compared >= 90


def test_the_catalog_settles_every_candidate(cases: list[Case]) -> None:
    undecided = [
        (case.statement.text, touch)
        for case in cases
        for touch in case.enriched
        if "candidate" in touch.detail
        and touch.action == "use"
        and touch.kind in ("table", "table column", "type", "function")
        and "or_elsewhere" not in touch.detail
    ]
    assert undecided == []
