"""Where the walkers put what they find: one touch for each object, however often it is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from ..model import NO_DETAIL, Json, Touch
from . import builtin_names
from .constants import Value
from .identifiers import identifiers
from .sources import MOST_CANDIDATES, Relation, Source

if TYPE_CHECKING:
    from ..names import Scope

Facet = Literal["reference", "data"]
Access = Literal["read", "write"]


class Variables:
    """Names that stand for values where a statement is embedded in a routine.

    They come and go with the blocks of a body, and an inner one may hide an outer one.
    """

    __slots__ = ("_declared", "_known", "values")

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._declared: dict[str, int] = {}
        self._known: dict[str, list[tuple[str, ...]]] = {}
        self.values: dict[tuple[str, ...], Value] = {}
        """What some of them hold for certain, or fields of them."""
        for name in names:
            self.declare(name)

    def declare(self, name: str) -> None:
        self._declared[name] = self._declared.get(name, 0) + 1
        self.unbind(name)

    def bind(self, value: Value, *names: str) -> None:
        """Say what a variable holds, or a field of one."""
        self.values[names] = value
        self._known.setdefault(names[0], []).append(names)

    def unbind(self, name: str) -> None:
        for names in self._known.pop(name, ()):
            self.values.pop(names, None)

    def forget(self, names: Iterable[str]) -> None:
        for name in names:
            self.unbind(name)
            if self._declared[name] == 1:
                del self._declared[name]
            else:
                self._declared[name] -= 1

    def __contains__(self, name: str) -> bool:
        return name in self._declared


NO_VARIABLES = Variables()

_MOST_NAMES = 500_000

_MOST_CANDIDATES_OF_ALL = 20_000
"""Thousands of columns of dozens of tables, none of them qualified, would be millions."""


class Collector:
    """The touches of one statement's uses, and what names mean where they were found."""

    def __init__(
        self,
        scope: Scope,
        facet: Facet = "reference",
        variables: Variables = NO_VARIABLES,
        **detail: Json,
    ) -> None:
        self.scope = scope
        self.facet = facet
        self.variables = variables
        self.detail = detail
        """What every touch says: that it comes from a body, for instance."""
        self.local_relations: set[str] = set()
        """Temporary tables and transition tables of a routine: names of no lasting table."""
        self.rows: dict[str, Source] = {}
        """Parameters of a routine that may be rows: their types, whose columns they have."""
        self.touches: list[Touch] = []
        self.mentions: list[str] = []
        """Names in commands that are put together at run time."""
        self.at_run_time: list[Json] = []
        """What such commands do to objects whose names are not known."""
        self._seen: dict[Any, list[dict[str, Json]]] = {}
        self._whole: set[tuple[Relation, ...]] = set()
        self._known_columns: dict[Relation, frozenset[str] | None] = {}
        self._remembered = 0
        self._candidates = 0

    # ---------------------------------------------------------------- names

    def relations(self, schema: str | None, name: str) -> tuple[Relation, ...]:
        """The tables that this name can mean; none for the system's own and a routine's own."""
        if schema is None:
            if name in builtin_names.RELATIONS or name in self.local_relations:
                return ()
        elif schema in builtin_names.SCHEMAS:
            return ()
        return self.scope.resolve((schema, name) if schema else (name,), "relation")

    def source(
        self, schema: str | None, name: str, alias: str | None = None, inherits: bool = True
    ) -> Source:
        """A table as an item of a FROM clause, with its heirs unless ONLY stands before it."""
        source = self.table_source(
            alias or name, self.relations(schema, name), None if alias else schema
        )
        source.only = not inherits
        return source

    def table_source(
        self, alias: str, tables: tuple[Relation, ...], schema: str | None = None
    ) -> Source:
        """A table under a name; of one that the script itself created the columns are known."""
        known = self._columns(tables[0]) if len(tables) == 1 else None
        if known is None:
            return Source(alias, schema=schema, tables=tables, is_open=True)
        return Source(alias, schema=schema, tables=tables, known=known, own=True)

    def _columns(self, relation: Relation) -> frozenset[str] | None:
        if relation not in self._known_columns:
            table = self.scope.tables.get(relation)
            complete = table is not None and table.complete and table.columns
            self._known_columns[relation] = frozenset(complete) if complete else None
        return self._known_columns[relation]

    # ---------------------------------------------------------------- uses

    def use(
        self,
        kind: str,
        options: Sequence[Relation],
        sub: str | None = None,
        access: Access = "read",
        **detail: Json,
    ) -> None:
        """Add the use of one object; of several that it may be, each as a candidate."""
        self._add(kind, tuple((option, 0) for option in options), sub, access, False, detail)

    def table(self, source: Source, access: Access = "read", **flags: Json) -> None:
        """Add the use of a table; what is said of it at one place holds for all."""
        options = tuple((option, 0) for option in source.tables)
        self._add("table", options, None, access, False, self._only(source), flags)
        if "all_columns" in flags and source.own and source.tables not in self._whole:
            self._whole.add(source.tables)
            for name in sorted(source.known):
                self._column_type(source.tables[0], name)

    def column(self, source: Source, name: str, access: Access = "read") -> None:
        if name not in builtin_names.SYSTEM_COLUMNS:
            options = tuple((option, 0) for option in source.tables)
            self._add("table column", options, name, access, False, self._only(source))

    def _only(self, *sources: Source) -> dict[str, Json]:
        """What a statement that runs now says of tables whose heirs it leaves alone."""
        alone = self.facet == "data" and all(source.only for source in sources)
        return {"only": True} if alone else {}

    def spelled_out(self, source: Source) -> None:
        """Add what ``*`` stands for in a list of columns, as far as the script tells."""
        for base in source.bases:
            for name in sorted(base.known) if base.own else ():
                self.column(base, name)

    def first_columns(self, source: Source, count: int) -> None:
        """Add those columns that INSERT fills when it names none."""
        table = self.scope.tables.get(source.tables[0]) if source.own else None
        for name in list(table.columns)[:count] if table is not None else ():
            self.column(source, name, "write")

    def column_of(
        self, candidates: Sequence[tuple[Source, int]], name: str, uncertain: bool = False
    ) -> list[dict[str, Json]]:
        """Add the use of a column that one of these tables has, each so many queries further out.

        ``uncertain`` says that it may also be something else than a column of a table. What is
        told of each is returned, so that more can be said of it.
        """
        if name in builtin_names.SYSTEM_COLUMNS:
            return []
        if len(candidates) > MOST_CANDIDATES:
            self.opaque(f"column {name}", "it may belong to any of very many tables")
            return []
        options: dict[Relation, int] = {}
        for source, depth in candidates:
            for table in source.tables:
                options.setdefault(table, depth)
        only = self._only(*(source for source, _ in candidates)) if candidates else {}
        return self._add("table column", tuple(options.items()), name, "read", uncertain, only)

    def constraint_guess(self, source: Source, name: str) -> None:
        """Add the use of a constraint that goes by this name unless somebody chose another."""
        options = tuple((option, 0) for option in source.tables)
        self._add("table constraint", options, name, "read", True, {})

    def _add(
        self,
        kind: str,
        options: tuple[tuple[Relation, int], ...],
        sub: str | None,
        access: Access,
        uncertain: bool,
        detail: dict[str, Json],
        flags: Mapping[str, Json] = NO_DETAIL,
    ) -> list[dict[str, Json]]:
        key = (kind, options, sub, access, uncertain, *detail.items())
        before = self._seen.get(key)
        if before is not None:
            if flags or self.detail:
                for known in before:
                    known.update(flags)
                    known.update(self.detail)
            return before
        if len(options) > 1:
            self._candidates += len(options)
            if self._candidates > _MOST_CANDIDATES_OF_ALL:
                self.opaque("names", "too many of them could be in several places")
                return []
        detail.update(flags)
        if self.facet == "data" or access == "write":
            detail["access"] = access
        detail.update(self.detail)
        is_candidate = uncertain or len(options) > 1
        if is_candidate and options:
            detail["candidate"] = self.scope.next_candidate_group()
            if uncertain:
                detail["or_elsewhere"] = True
        details: list[dict[str, Json]] = []
        for (schema, name), depth in options:
            own = {**detail, "depth": depth} if is_candidate else detail
            details.append(own)
            self.touches.append(
                Touch(self.scope.statement_no, kind, schema, name, sub, "use", self.facet, own)
            )
        self._seen[key] = details
        if kind == "table column" and sub is not None and len(options) == 1 and not is_candidate:
            self._column_type(options[0][0], sub)
        return details

    def _column_type(self, relation: Relation, name: str) -> None:
        """Whoever uses a column needs its type; of a table made in the script that is known."""
        table = self.scope.tables.get(relation)
        column = table.columns.get(name) if table is not None else None
        if column is None or "." not in column.type:
            return
        text = column.type.partition("(")[0].removesuffix("[]")
        parts = identifiers(text)
        if len(parts) == 2:
            self.use("type", [(parts[0], parts[1])], implied=True)

    def type_use(self, node: Any) -> None:
        """Add the type that a TypeName node names; ``table.column%TYPE`` uses the column."""
        if node.pct_type:
            parts = tuple(name.sval for name in node.names)
            if len(parts) > 1:
                source = self.source(parts[-3] if len(parts) > 2 else None, parts[-2])
                self.table(source)
                self.column(source, parts[-1])
            return
        options = self._types(node)
        if options:
            self.use("type", options)

    def _types(self, node: Any) -> tuple[Relation, ...]:
        """The types that a TypeName can mean; none for PostgreSQL's own."""
        parts = tuple(name.sval for name in node.names)
        if len(parts) == 1:
            if parts[0] in builtin_names.TYPES or parts[0].removeprefix("_") in builtin_names.TYPES:
                return ()
        elif parts[-2] in builtin_names.SCHEMAS:
            return ()
        return self.scope.resolve(parts[-2:], "type")

    def row_parameter(self, name: str, type_node: Any) -> None:
        """A parameter of a routine: where its type is a row, the body may name its columns."""
        if type_node.pct_type or type_node.arrayBounds:
            return
        options = self._types(type_node)
        if options:
            self.rows[name] = self.table_source(name, options)

    def function(self, names: Sequence[Any], arguments: int, kind: str = "function") -> None:
        """Add a call; PostgreSQL's own functions win over those of the path, and are left out."""
        parts = tuple(name.sval for name in names)
        if len(parts) == 1:
            if parts[0] in builtin_names.FUNCTIONS:
                return
        elif parts[-2] in builtin_names.SCHEMAS:
            return
        self.use(kind, self.scope.resolve(parts[-2:], "routine"), args=arguments)

    def operator(self, names: Sequence[Any], operands: int) -> None:
        parts = tuple(name.sval for name in names)
        if len(parts) == 1:
            if parts[0] in builtin_names.OPERATORS:
                return
        elif parts[-2] in builtin_names.SCHEMAS:
            return
        self.use("operator", self.scope.resolve(parts[-2:], "operator"), args=operands)

    def collation(self, names: Sequence[Any]) -> None:
        parts = tuple(name.sval for name in names)
        if len(parts) == 1:
            if parts[0] in builtin_names.COLLATIONS or _is_locale(parts[0]):
                return
        elif parts[-2] in builtin_names.SCHEMAS:
            return
        self.use("collation", self.scope.resolve(parts[-2:], "collation"))

    def may_remember(self, names: int) -> bool:
        """Tell whether so many more column names of subqueries may be kept.

        ``SELECT *, 1 AS x FROM`` the same of the one before, thousands deep, has millions.
        """
        self._remembered += names
        return self._remembered <= _MOST_NAMES

    def opaque(self, name: str, reason: str) -> None:
        """Say that there is something here that cannot be seen through."""
        if (name, reason) in self._seen:
            return
        self._seen[(name, reason)] = []
        detail: dict[str, Json] = {"opaque": True, "reason": reason, **self.detail}
        self.touches.append(
            Touch(self.scope.statement_no, "unknown", None, name, None, "use", self.facet, detail)
        )


def _is_locale(name: str) -> bool:
    """Tell a collation of the operating system or of ICU by its shape: de_DE.utf8, de-x-icu."""
    if name.endswith("-x-icu"):
        return True
    language, _, rest = name.partition("_")
    region = rest.partition(".")[0].partition("@")[0]
    return 2 <= len(language) <= 3 and language.islower() and len(region) == 2 and region.isupper()
