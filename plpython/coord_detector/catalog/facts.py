"""What exists under the names of a footprint, asked in a handful of queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ..identity import COLUMN, CONSTRAINT, MEMBERS, RELATION, ROUTINE, family_of
from ..model import Touch
from . import queries

Query = Callable[[str, list[Any]], list[dict[str, Any]]]
Name = tuple[str, str]

MEMBER_KINDS = {
    "table constraint": "constraint",
    "domain constraint": "domain constraint",
    "trigger": "trigger",
    "policy": "policy",
    "rule": "rule",
    "publication relation": "publication relation",
}
GLOBAL_KINDS = frozenset(
    (
        "schema",
        "extension",
        "role",
        "publication",
        "event trigger",
        "statistics object",
        "collation",
    )
)

NAMED_KINDS = frozenset(
    (
        "operator",
        "operator class",
        "operator family",
        "text search configuration",
        "text search dictionary",
        "conversion",
    )
)
"""Of these only the names are asked for: which schema of a path has them."""

KINDS = {
    "r": "table",
    "p": "table",
    "f": "foreign table",
    "v": "view",
    "m": "materialized view",
    "i": "index",
    "I": "index",
    "S": "sequence",
    "c": "composite type",
}

CONSTRAINT_TYPES = {
    "p": "primary key",
    "u": "unique",
    "f": "foreign key",
    "c": "check",
    "x": "exclusion",
    "n": "not null",
}

PG_CLASS, PG_TYPE, PG_PROC = 1259, 1247, 1255
"""The OIDs of these catalogs are fixed (src/include/catalog)."""


class Relation(NamedTuple):
    oid: int
    kind: str
    table: Name | None
    """Of an index: the table that it is on."""
    constraint: str | None
    """Of an index: the constraint whose index it is."""
    partitioned: bool = False
    """Whether it is a partitioned table, or an index of one."""


class Routine(NamedTuple):
    oid: int
    kind: str
    types: str
    least: int
    most: int
    variadic: bool


class Address(NamedTuple):
    """An object as pg_depend refers to it."""

    catalog: int
    oid: int
    sub: int = 0


class Facts:
    """The answers, by name."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self.relations: dict[Name, Relation] = {}
        self.types: dict[Name, int] = {}
        self.columns: dict[tuple[str, str, str], Address] = {}
        self.routines: dict[Name, list[Routine]] = {}
        self.members: dict[tuple[str, str, str, str], Address] = {}
        self.index_of_constraint: dict[tuple[str, str, str], str] = {}
        self.triggers: dict[tuple[str, str, str], tuple[int, list[str], bool]] = {}
        """When triggers fire (bits of tgtype), on which columns, and whether they have a WHEN."""
        self.filled: dict[tuple[str, str, str], tuple[bool, bool]] = {}
        """Of columns: whether they are NOT NULL, and whether they have a default."""
        self.not_nulls: dict[tuple[str, str, str], str] = {}
        """Of columns: the constraint that keeps NULL out, which PostgreSQL 18 and later have."""
        self.column_types: dict[tuple[str, str, str], str] = {}
        self.user_types: dict[tuple[str, str, str], Name] = {}
        """Of columns: their type, or that of the elements, unless PostgreSQL brings it."""
        self.constraints: dict[tuple[str, str, str], tuple[str, list[str]]] = {}
        """Type and columns of constraints."""
        self.globals: dict[tuple[str, str | None, str], Address] = {}
        self._named: set[tuple[str, str, str]] = set()

    def learn(self, touches: Sequence[Touch]) -> None:
        """Ask for everything that the touches name."""
        names = BaseNames()
        relations: set[Name] = set()
        columns: set[tuple[str, str, str]] = set()
        routines: set[Name] = set()
        members: set[tuple[str, str, str, str]] = set()
        others: set[tuple[str, str | None, str]] = set()
        named: set[tuple[str, str, str]] = set()
        for touch in touches:
            names.follow(touch)
            family = family_of(touch.kind)
            schema, name, sub = touch.schema, touch.name, touch.sub
            if touch.kind in GLOBAL_KINDS:
                others.add((touch.kind, schema, name))
                if touch.kind != "statistics object" and touch.kind != "collation":
                    continue
            if schema is None:
                continue
            if touch.kind in NAMED_KINDS:
                named.add((touch.kind, schema, name.partition("(")[0]))
            elif family == ROUTINE:
                routines.add((schema, name.partition("(")[0]))
            elif family == RELATION:
                base = names.relation(schema, name.removesuffix("[]"))
                relations.add(base)
            elif sub is not None and family in MEMBERS:
                base = names.relation(schema, name)
                relations.add(base)
                if family == COLUMN:
                    columns.add((*base, names.column(base, sub)))
                elif touch.kind in MEMBER_KINDS:
                    members.add((MEMBER_KINDS[touch.kind], *base, sub))
        self._learn_relations(relations)
        self._learn_columns(columns)
        self._learn_routines(routines)
        self._learn_members(members)
        self._learn_others(others)
        if named:
            for row in self._query(queries.NAMED, _columns(named, 3)):
                self._named.add((row["kind"], row["schema"], row["name"]))

    def _learn_relations(self, names: set[Name]) -> None:
        if not names:
            return
        arrays = _columns(names, 2)
        for row in self._query(queries.RELATIONS, arrays):
            table = (row["table_schema"], row["table_name"]) if row["table_name"] else None
            self.relations[(row["schema"], row["name"])] = Relation(
                row["oid"],
                KINDS.get(row["kind"], "table"),
                table,
                row["constraint_name"],
                row["kind"] in ("p", "I"),
            )
        for row in self._query(queries.TYPES, arrays):
            self.types[(row["schema"], row["name"])] = row["oid"]

    def _learn_columns(self, names: set[tuple[str, str, str]]) -> None:
        if names:
            for row in self._query(queries.COLUMNS, _columns(names, 3)):
                place = (row["schema"], row["name"], row["column_name"])
                self.filled[place] = (row["not_null"], row["has_default"])
                self.column_types[place] = row["type"]
                if row["type_name"]:
                    self.user_types[place] = (row["type_schema"], row["type_name"])
                if row["not_null_constraint"]:
                    self.not_nulls[place] = row["not_null_constraint"]
                self.columns[place] = Address(PG_CLASS, row["oid"], row["number"])

    def _learn_routines(self, names: set[Name]) -> None:
        if names:
            for row in self._query(queries.ROUTINES, _columns(names, 2)):
                self.routines.setdefault((row["schema"], row["name"]), []).append(
                    Routine(
                        row["oid"],
                        row["kind"],
                        row["types"],
                        row["least_arguments"],
                        row["most_arguments"],
                        row["is_variadic"],
                    )
                )

    def _learn_members(self, names: set[tuple[str, str, str, str]]) -> None:
        if names:
            for row in self._query(queries.MEMBERS, _columns(names, 4)):
                key = (row["kind"], row["schema"], row["name"], row["sub"])
                self.members[key] = Address(row["class"], row["oid"])
                if row["type"] and row["kind"] in ("trigger", "rule"):
                    self.triggers[key[1:]] = (
                        int(row["type"].removesuffix("?")),
                        row["columns"] or [],
                        row["type"].endswith("?"),
                    )
                elif row["type"]:
                    self.constraints[key[1:]] = (
                        CONSTRAINT_TYPES.get(row["type"], "other"),
                        row["columns"] or [],
                    )
                if row["index_name"]:
                    self.index_of_constraint[key[1:]] = row["index_name"]

    def _learn_others(self, names: set[tuple[str, str | None, str]]) -> None:
        if names:
            for row in self._query(queries.GLOBALS, _columns(names, 3)):
                self.globals[(row["kind"], row["schema"], row["name"])] = Address(
                    row["class"], row["oid"]
                )

    # ---------------------------------------------------------------- answers

    def exists(self, touch: Touch, names: BaseNames) -> bool | None:
        """Whether there is an object under the touch's name; None where nobody asked."""
        kind = touch.kind
        if kind in GLOBAL_KINDS:
            return (kind, touch.schema, touch.name) in self.globals
        return None if touch.schema is None else self.address(touch, names) is not None

    def is_named(self, touch: Touch) -> bool:
        """Whether an object of the kind has the name, if it is one of those known by it only."""
        name = touch.name.partition("(")[0]
        return touch.schema is not None and (touch.kind, touch.schema, name) in self._named

    def address(self, touch: Touch, names: BaseNames) -> Address | None:
        """Where the object of a touch is in the catalog, if it is there."""
        kind, schema, name, sub = touch[1:5]
        if kind in GLOBAL_KINDS:
            return self.globals.get((kind, schema, name))
        if schema is None:
            return None
        family = family_of(kind)
        if family == ROUTINE:
            routine = self.routine(schema, name)
            return None if routine is None else Address(PG_PROC, routine.oid)
        base = names.relation(schema, name.removesuffix("[]"))
        if family == RELATION:
            relation = self.relations.get(base)
            if kind in ("type", "domain") and base in self.types:
                return Address(PG_TYPE, self.types[base])
            if relation is not None:
                return Address(PG_CLASS, relation.oid)
            type_ = self.types.get(base)
            return None if type_ is None else Address(PG_TYPE, type_)
        if sub is None:
            return None
        if family == COLUMN:
            return self.columns.get((*base, names.column(base, sub)))
        if family == CONSTRAINT or kind in MEMBER_KINDS:
            return self.members.get((MEMBER_KINDS.get(kind, kind), *base, sub))
        return None

    def routine(self, schema: str, name: str) -> Routine | None:
        """The routine of a signature, or the only one of a bare name."""
        bare, parenthesis, rest = name.partition("(")
        known = self.routines.get((schema, bare), [])
        if not parenthesis:
            return known[0] if len(known) == 1 else None
        types = rest.removesuffix(")")
        return next((routine for routine in known if routine.types == types), None)

    def called(self, schema: str, name: str, arguments: int | None) -> list[Routine]:
        """The routines that a call with so many arguments can mean."""
        return [
            routine
            for routine in self.routines.get((schema, name.partition("(")[0]), [])
            if arguments is None
            or (routine.least <= arguments and (routine.variadic or arguments <= routine.most))
        ]


class BaseNames:
    """What the names in a script were called before the script renamed them."""

    def __init__(self) -> None:
        self._relations: dict[Name, Name] = {}
        self._columns: dict[tuple[str, str, str], str] = {}

    def follow(self, touch: Touch) -> None:
        """Take note of a rename or a move."""
        detail = touch.detail
        if touch.action != "create" or touch.schema is None:
            return
        if touch.facet == "name" and isinstance(detail.get("renamed_from"), str):
            old = str(detail["renamed_from"])
            family = family_of(touch.kind)
            if family == RELATION:
                self._relations[(touch.schema, touch.name)] = self.relation(touch.schema, old)
            elif family == COLUMN and touch.sub is not None:
                base = self.relation(touch.schema, touch.name)
                self._columns[(*base, touch.sub)] = self.column(base, old)
        elif touch.facet == "schema" and family_of(touch.kind) == RELATION:
            old_schema = detail.get("moved_from") or detail.get("renamed_from")
            if isinstance(old_schema, str):
                self._relations[(touch.schema, touch.name)] = self.relation(old_schema, touch.name)

    def relation(self, schema: str, name: str) -> Name:
        return self._relations.get((schema, name), (schema, name))

    def column(self, relation: Name, name: str) -> str:
        return self._columns.get((*relation, name), name)


def _columns(rows: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    ordered = sorted(rows, key=lambda row: [str(value) for value in row])
    return [[row[place] for row in ordered] for place in range(width)]
