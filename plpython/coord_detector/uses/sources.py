"""What the columns of a query can come from: the items of its FROM clause, level by level.

A table is known by name only: which columns it has, the text does not say, unless the table is
created in the same script. So a bare column name has an answer of one of three kinds: certainly
from this source (a subquery's output column), possibly from these tables, or from none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

Relation = tuple[str | None, str]
"""Schema and name of a relation."""

NOTHING: frozenset[str] = frozenset()

MOST_CANDIDATES = 64
"""Beyond so many tables that a column could belong to, naming them all says nothing."""


class Output(NamedTuple):
    """The columns that a query returns: names that it gives, and tables passed on whole (``*``)."""

    names: tuple[str, ...] = ()
    tables: tuple[Source, ...] = ()
    is_open: bool = False
    """It also passes on something of which the text does not tell the columns."""


class Source:
    """One item of a FROM clause, as column references see it."""

    __slots__ = ("alias", "schema", "tables", "known", "own", "through", "is_open", "only")

    def __init__(
        self,
        alias: str,
        *,
        schema: str | None = None,
        tables: tuple[Relation, ...] = (),
        known: frozenset[str] = NOTHING,
        own: bool = False,
        through: tuple[Source, ...] = (),
        is_open: bool = False,
    ) -> None:
        self.alias = alias
        self.schema = schema
        """The schema as written, when there is no alias: ``public.users.id`` needs it."""
        self.tables = tables
        """The table itself; several when only the catalog can tell which; none for a subquery."""
        self.known = known
        """Column names that it has for certain."""
        self.own = own
        """The known names are the table's own, not names that the query gave."""
        self.through = through
        """Tables whose columns a subquery passes on, whatever they are."""
        self.is_open = is_open
        """It may have columns of which the text does not tell the names."""
        self.only = False
        """Written with ONLY: the rows of its heirs are none of its rows."""

    def find(self, name: str) -> Finding:
        """Tell whether a column of this name comes from here, and from which tables."""
        if name in self.known:
            return Finding(True, (self,) if self.own else ())
        if self.tables:
            return Finding(False, (self,)) if self.is_open else ABSENT
        possible: list[Source] = []
        for table in self.through:
            found = table.find(name)
            if found.certain:
                return found
            possible.extend(found.tables)
            if len(possible) > MOST_CANDIDATES:
                break
        return Finding(False, tuple(possible), self.is_open)

    @property
    def bases(self) -> tuple[Source, ...]:
        """The tables of which this source has all columns: itself, or what it passes on."""
        return (self,) if self.tables else self.through


class Finding(NamedTuple):
    """The answer of one source, or of a whole query, about one column name."""

    certain: bool
    tables: tuple[Source, ...]
    or_elsewhere: bool = False
    """It may also be a column of something that is no table: a function's result, say."""


ABSENT = Finding(False, ())

_FEW = 8
"""Names of sources with so few columns are indexed, other sources are asked one by one."""


class Sources:
    """The items of one FROM clause, indexed by what references to them look like."""

    __slots__ = ("by_alias", "_named", "_wide", "_unclear", "merged", "everything")

    def __init__(self, items: Iterable[Source] = ()) -> None:
        self.by_alias: dict[str, Source] = {}
        self._named: dict[str, Source] = {}
        self._wide: dict[frozenset[str], Source] = {}
        self._unclear: list[Source] = []
        self.merged: set[str] = set()
        """Columns of JOIN … USING: one column of both sides, already reported there."""
        self.everything: list[Source] = []
        for item in items:
            self.add(item)

    def add(self, source: Source) -> None:
        self.by_alias.setdefault(source.alias, source)
        self.everything.append(source)
        if len(source.known) > _FEW:
            # A WITH query that is used a thousand times has the same set each time.
            self._wide.setdefault(source.known, source)
        else:
            for name in source.known:
                self._named.setdefault(name, source)
        if source.is_open or source.through:
            self._unclear.append(source)

    def add_hidden(self, source: Source) -> None:
        """Add a source that only qualified references see (OLD, NEW, a join's alias)."""
        self.by_alias[source.alias] = source

    def absorb(self, other: Sources) -> None:
        for alias, source in other.by_alias.items():
            self.by_alias.setdefault(alias, source)
        for name, source in other._named.items():
            self._named.setdefault(name, source)
        for names, source in other._wide.items():
            self._wide.setdefault(names, source)
        self._unclear.extend(other._unclear)
        self.merged |= other.merged
        self.everything.extend(other.everything)

    def find(self, name: str) -> Finding:
        """Look for an unqualified column name in all of them."""
        if name in self.merged:
            return Finding(True, ())
        source = self._named.get(name)
        if source is None:
            source = next((wide for names, wide in self._wide.items() if name in names), None)
        if source is not None:
            return Finding(True, (source,) if source.own else ())
        possible: list[Source] = []
        or_elsewhere = False
        for source in self._unclear:
            found = source.find(name)
            if found.certain:
                return found
            possible.extend(found.tables)
            or_elsewhere = or_elsewhere or found.or_elsewhere
            if len(possible) > MOST_CANDIDATES:
                break
        return Finding(False, tuple(possible), or_elsewhere)


class CommonTable:
    """A WITH query: its name stands for its output from where it is in sight."""

    __slots__ = ("columns", "extra", "output", "is_open", "_known")

    def __init__(self, columns: tuple[str, ...], extra: tuple[str, ...]) -> None:
        self.columns = columns
        self.extra = extra
        """Columns that SEARCH and CYCLE add."""
        self.output = Output()
        self.is_open = True
        """Its columns are not known yet: a reference inside its own definition."""
        self._known = frozenset(columns + extra)

    def settle(self, output: Output) -> None:
        """Take note of the columns, which are known when its query has been walked."""
        self.output = output
        self.is_open = False
        self._known = frozenset(self._names())

    def source(self, alias: str, columns: tuple[str, ...]) -> Source:
        return Source(
            alias,
            known=frozenset(renamed(self._names(), columns)) if columns else self._known,
            through=self.output.tables,
            is_open=self.output.is_open or (self.is_open and not self.columns),
        )

    def _names(self) -> tuple[str, ...]:
        return renamed(self.output.names, self.columns) + self.extra


def renamed(names: tuple[str, ...], columns: tuple[str, ...]) -> tuple[str, ...]:
    """Put an alias's column list over a source's own column names."""
    return columns + names[len(columns) :] if columns else names


CommonTables = Mapping[str, CommonTable]


class Level:
    """A query's own sources, and the query around it that it may refer to."""

    __slots__ = ("sources", "outer", "common")

    def __init__(self, sources: Sources, outer: Level | None, common: CommonTables) -> None:
        self.sources = sources
        self.outer = outer
        self.common = common
