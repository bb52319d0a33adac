"""Names as the server reads them: the search path, what the script itself has made, type names.

The parser has already folded, unescaped and truncated every name. What is left is to say which
schema a bare name lives in. Nothing here looks into a catalog, so a name that several schemas of
the path could hold stays several candidates, unless the script itself created the object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .room import Room
from .script import noop
from .script_error import ScriptError
from .uses import builtin_names
from .uses.identifiers import identifiers

Relation = tuple[str | None, str]
"""Schema and name of any object that has both."""

TEMPORARY = "pg_temp"
"""The schema of temporary objects, whatever number it has in a session."""

_SYSTEM = "pg_catalog"
_OWN_SCHEMA = "$user"

_FAMILIES_IN_TEMPORARY = frozenset(("relation", "type"))
"""What a bare name is looked up for in the temporary schema; routines and operators never are."""


class Column:
    """What is known of a column that the script created."""

    __slots__ = ("type", "not_null", "sequence", "default", "generated", "expression", "needs")

    def __init__(
        self,
        type_: str = "",
        not_null: bool = False,
        sequence: Relation | None = None,
        default: str | None = None,
        generated: str | None = None,
    ) -> None:
        self.type = type_
        self.not_null = not_null
        self.sequence = sequence
        self.default = default
        self.generated = generated
        self.expression: Any = None
        """The node of the default, or of what it is generated from."""
        self.needs: tuple[tuple[str, Any], ...] = ()
        """Kind and place of the type and the collation that it is made of, if users made them."""


class Table:
    """What is known of a relation that the script created, or made members of."""

    __slots__ = (
        "kind", "columns", "complete", "constraints", "indexes", "parents", "children",
        "partitioned", "partition_columns", "triggers", "owner", "needs",
    )  # fmt: skip

    def __init__(self, kind: str, complete: bool = True) -> None:
        self.kind = kind
        self.columns: dict[str, Column] = {}
        self.complete = complete
        """All of its columns are in ``columns``."""
        self.constraints: dict[str, dict[str, Any]] = {}
        self.indexes: dict[Relation, dict[str, Any]] = {}
        self.parents: list[Relation] = []
        self.children: list[Relation] = []
        self.partitioned = False
        self.partition_columns: tuple[str | None, ...] = ()
        """The columns that tell into which partition a row goes."""
        self.triggers: dict[str, Any] = {}
        """Row triggers, which partitions inherit, with the names of their functions."""
        self.needs: set[tuple[Relation | Table, str | None]] = set()
        """The relations, and their columns, that a view is made of.

        Those that the script made may get other names.
        """
        self.owner: Table | None = None
        """The table that an index is on, or that a sequence belongs to."""


class Scope:
    """What names mean at one point of a script; the statements move it on."""

    def __init__(
        self,
        search_path: Sequence[str],
        statement_no: int = 0,
        interrupts: Callable[[], None] = noop,
    ) -> None:
        self.statement_no = statement_no
        self.interrupts = interrupts
        """Whoever loops for long over one statement calls it now and then."""
        self._first = _usable(search_path)
        self._session = self._first
        self._before_transaction: tuple[str, ...] | None = None
        self._known: dict[tuple[str, str], dict[str, bool]] = {}
        self._constraint_names: dict[Relation, int] = {}
        self._groups = [0]
        self.room = Room()
        self.numbers: dict[tuple[Any, ...], int] = {}
        """Of automatic names: the first number that may be free; forgotten when a name is."""
        self.tables: dict[Relation, Table] = {}
        self.returned: dict[Relation, tuple[str, ...] | None] = {}
        """The columns of what routines return, by bare name; None where overloads differ."""
        self.publications: dict[str, dict[Relation, str]] = {}
        """The tables of publications that the script made, with how each is published."""
        self.search_path: tuple[str, ...] = self._first

    # ---------------------------------------------------------------- the search path

    def set_search_path(self, schemas: Sequence[str] | None, local: bool = False) -> None:
        """Do what SET search_path does; None restores what the session began with."""
        path = self._first if schemas is None else _usable(schemas)
        self.search_path = path
        if not local:
            self._session = path

    def begin(self) -> None:
        self._before_transaction = self._session

    def commit(self) -> None:
        """SET LOCAL ends with the transaction."""
        self.search_path = self._session
        self._before_transaction = None

    def rollback(self) -> None:
        if self._before_transaction is not None:
            self._session = self._before_transaction
        self.commit()

    def with_path(self, schemas: Sequence[str]) -> Scope:
        """The same script seen through another path: what SET clauses of a routine make of it."""
        other = Scope.__new__(Scope)
        other.__dict__.update(self.__dict__)
        other.search_path = _usable(schemas)
        return other

    def for_body(self, node: Any) -> Scope:
        """The names inside a routine's body: its own SET search_path applies there."""
        for option in node.options or ():
            if option.defname == "set" and option.arg.name == "search_path":
                schemas = setting_values(option.arg)
                if schemas is not None:
                    return self.with_path(schemas)
        return self

    # ---------------------------------------------------------------- looking up

    def resolve(self, parts: Sequence[str], family: str) -> tuple[Relation, ...]:
        """The objects that a name as written can mean; several when only the catalog can tell."""
        name = parts[-1]
        if len(parts) > 1:
            return ((schema_name(parts[-2]), name),)
        path = self.search_path
        known = self._known.get((family, name))
        if known is None:
            if len(path) == 1:
                return ((path[0], name),)
            if not path:
                return ((None, name),)
            return tuple(
                (schema, name)
                for schema in path
                if schema != TEMPORARY or family in _FAMILIES_IN_TEMPORARY
            ) or ((None, name),)
        if known.get(TEMPORARY) and family in _FAMILIES_IN_TEMPORARY:
            return ((TEMPORARY, name),)
        options: list[Relation] = []
        for schema in path:
            present = known.get(schema)
            if present:
                # What stands before it on the path may be there, but who creates an object
                # under a name means that object by the name.
                return ((schema, name),)
            if present is None and schema != TEMPORARY:
                options.append((schema, name))
        if options:
            return tuple(options)
        return ((path[0] if path else None, name),)

    def result_columns(self, parts: Sequence[str]) -> tuple[str, ...] | None:
        """The columns that a call in FROM has, where the script created the function."""
        options = self.resolve(parts, "routine")
        return self.returned.get(options[0]) if len(options) == 1 else None

    def next_candidate_group(self) -> int:
        """A number for a set of candidates, unique in the script."""
        self._groups[0] += 1
        return self._groups[0]

    def creation_schema(self, schema: str | None, temporary: bool = False) -> str | None:
        """Where an object goes that is created under a name."""
        if schema is not None:
            return schema_name(schema)
        if temporary:
            return TEMPORARY
        for candidate in self.search_path:
            if candidate != _SYSTEM:
                return candidate
        return None

    # ---------------------------------------------------------------- what the script does

    def created(self, family: str, schema: str | None, name: str) -> None:
        self._known.setdefault((family, name), {})[schema or ""] = True

    def dropped(self, family: str, schema: str | None, name: str) -> None:
        self._known.setdefault((family, name), {})[schema or ""] = False
        self.numbers.clear()

    def exists(self, family: str, schema: str | None, name: str) -> bool:
        """Tell whether the script created it (and did not drop it since)."""
        known = self._known.get((family, name))
        return known is not None and known.get(schema or "", False)

    def is_gone(self, family: str, schema: str | None, name: str) -> bool:
        """Tell whether the script dropped or renamed it (and did not create it again)."""
        known = self._known.get((family, name))
        return known is not None and not known.get(schema or "", True)

    def relation_moved(self, old: Relation, new: Relation, kind: str | None = None) -> None:
        """What is known of a relation is true of it under its new name.

        ``kind`` is what it is in any case; without it nothing is made up of what is not known.
        """
        self.dropped("relation", *old)
        self.created("relation", *new)
        if kind is None:
            self.dropped("type", *old)
            self.created("type", *new)
        table = self.tables.pop(old, None)
        if table is None:
            if kind is None:
                return
            table = Table(kind)
        self.tables[new] = table
        for name in table.parents:
            relative = self.tables.get(name)
            if relative is not None:
                relative.children = [new if one == old else one for one in relative.children]
        for name in table.children:
            relative = self.tables.get(name)
            if relative is not None:
                relative.parents = [new if one == old else one for one in relative.parents]
        if table.owner is not None and old in table.owner.indexes:
            table.owner.indexes[new] = table.owner.indexes.pop(old)

    def constraint_added(self, schema: str | None, name: str) -> None:
        key = (schema, name)
        self._constraint_names[key] = self._constraint_names.get(key, 0) + 1

    def constraint_removed(self, schema: str | None, name: str) -> None:
        key = (schema, name)
        self._constraint_names[key] = max(0, self._constraint_names.get(key, 0) - 1)
        self.numbers.clear()

    def constraint_exists(self, schema: str | None, name: str) -> bool:
        """Tell whether any table of the schema has a constraint of this name, made here."""
        return self._constraint_names.get((schema, name), 0) > 0


def schema_name(schema: str) -> str:
    """A schema as written; the session's own temporary one under its common name."""
    return TEMPORARY if schema.startswith("pg_temp_") else schema


MOST_SCHEMAS = 100
"""Each name without a schema may be in any schema of the path: footprints grow with it."""


def _usable(schemas: Iterable[str]) -> tuple[str, ...]:
    """The path without the schema that everybody's path has, and without the one nobody knows."""
    path: dict[str, None] = {}
    for schema in schemas:
        if schema and schema not in (_OWN_SCHEMA, _SYSTEM):
            path[schema_name(schema)] = None
    if len(path) > MOST_SCHEMAS:
        raise ScriptError(
            "54000",
            "search_path has too many schemas",
            f"{len(path)} schemas; the limit is {MOST_SCHEMAS}",
            "name only the schemas that the changes need, or qualify their names",
        )
    return tuple(path)


def setting_values(node: Any) -> tuple[str, ...] | None:
    """The values of SET name = …; None for DEFAULT, RESET and FROM CURRENT."""
    if not node.args:
        return None
    values: list[str] = []
    for argument in node.args:
        value = getattr(argument, "val", None)
        text = getattr(value, "sval", None)
        if text is not None:
            values.append(text)
    return tuple(values)


def split_path(text: str) -> tuple[str, ...]:
    """Split what set_config() is given for search_path, a list in one string."""
    schemas: list[str] = []
    for item in _outside_quotes(text):
        parts = identifiers(item)
        if len(parts) == 1:
            schemas.append(parts[0])
    return tuple(schemas)


def _outside_quotes(text: str) -> Iterable[str]:
    start, quoted = 0, False
    for position, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            yield text[start:position]
            start = position + 1
    yield text[start:]


# -------------------------------------------------------------------- types

_WORDS = {
    "bool": "boolean",
    "bpchar": "character",
    "float4": "real",
    "float8": "double precision",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "varbit": "bit varying",
    "varchar": "character varying",
    "char": '"char"',
    "time": "time without time zone",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
}
"""How ``format_type`` prints the types whose SQL names are not those of the catalog."""

_INTERVAL_FIELDS = {
    4: " year",
    2: " month",
    8: " day",
    1024: " hour",
    2048: " minute",
    4096: " second",
    6: " year to month",
    1032: " day to hour",
    3080: " day to minute",
    7176: " day to second",
    3072: " hour to minute",
    7168: " hour to second",
    6144: " minute to second",
}
"""Masks of the fields of an interval, as the grammar encodes them in the type's modifier."""

SERIAL_TYPES = {
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
}


def is_builtin_type(parts: Sequence[str]) -> bool:
    if len(parts) == 1:
        name = parts[0]
        return name in builtin_names.TYPES or (name[:1] == "_" and name[1:] in builtin_names.TYPES)
    return parts[-2] in builtin_names.SCHEMAS


def type_parts(node: Any) -> tuple[str, ...]:
    names = node.names
    if len(names) == 1:
        return (names[0].sval,)
    return tuple([name.sval for name in names])


def type_name(node: Any, scope: Scope, modifiers: bool = True) -> tuple[str | None, str]:
    """Schema (None for a built-in one) and text of a type, as ``format_type`` prints it.

    Types of other schemas are always qualified. A routine's arguments have no modifiers.
    """
    parts = type_parts(node)
    arrays = bool(node.arrayBounds)
    if node.pct_type:
        return _column_type(parts, scope, modifiers)
    schema: str | None = None
    if is_builtin_type(parts):
        name = parts[-1]
        if len(parts) > 1 and parts[-2] != _SYSTEM:
            return parts[-2], f"{quoted(parts[-2])}.{quoted(name)}" + ("[]" if arrays else "")
        if name[:1] == "_" and name[1:] in builtin_names.TYPES:
            name, arrays = name[1:], True
        text = _WORDS.get(name, name)
        if modifiers and node.typmods:
            text = _with_modifiers(name, text, node.typmods)
    else:
        schema, name = scope.resolve(parts, "type")[0]
        text = quoted(name) if schema is None else f"{quoted(schema)}.{quoted(name)}"
        if modifiers and node.typmods:
            text += f"({','.join(_modifier(modifier) for modifier in node.typmods)})"
    if arrays:
        text += "[]"
    return schema, text


def _column_type(parts: tuple[str, ...], scope: Scope, modifiers: bool) -> tuple[str | None, str]:
    """``table.column%TYPE``, which is known when the script created the table."""
    options = scope.resolve(parts[:-1], "relation")
    table = scope.tables.get(options[0])
    if table is not None and parts[-1] in table.columns:
        text = table.columns[parts[-1]].type
        return None, text if modifiers else without_modifiers(text)
    schema, name = options[0]
    names = [quoted(part) for part in (schema, name, parts[-1]) if part is not None]
    return schema, ".".join(names) + "%type"


def without_modifiers(text: str) -> str:
    """``numeric(8,2)[]`` -> ``numeric[]``; brackets inside quotes are part of a name."""
    start = text.rfind("(")
    end = text.find(")", start)
    if start < 0 or '"' in text[start:]:
        return text
    return text[:start] + text[end + 1 :]


def _with_modifiers(name: str, text: str, typmods: Sequence[Any]) -> str:
    values = [_modifier(modifier) for modifier in typmods]
    if name == "interval":
        fields = _INTERVAL_FIELDS.get(int(values[0]), "") if values[0].isdigit() else ""
        return text + fields + (f"({values[1]})" if len(values) > 1 else "")
    if name == "numeric" and len(values) == 1:
        values.append("0")
    inside = f"({','.join(values)})"
    if name in ("time", "timestamp", "timetz", "timestamptz"):
        word, _, rest = text.partition(" ")
        return f"{word}{inside} {rest}"
    return text + inside


def _modifier(node: Any) -> str:
    value = getattr(node, "val", None)
    for attribute in ("ival", "sval", "fval", "boolval"):
        found = getattr(value, attribute, None)
        if found is not None:
            return str(found)
    fields = getattr(node, "fields", None)
    return str(fields[-1].sval) if fields else "?"


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz_")
_PLAIN_OR_DIGIT = _PLAIN | frozenset("0123456789")
_KEYWORDS = builtin_names.words(
    """
all analyse analyze and any array as asc asymmetric authorization between bigint binary bit
boolean both case cast char character check coalesce collate collation column concurrently
constraint create cross current_catalog current_date current_role current_schema current_time
current_timestamp current_user dec decimal default deferrable desc distinct do else end except
exists extract false fetch float for foreign freeze from full grant greatest group grouping
having ilike in initially inner inout int integer intersect interval into is isnull join json
json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
json_serialize json_table json_value lateral leading least left like limit localtime
localtimestamp merge_action national natural nchar none normalize not notnull null nullif
numeric offset on only or order out outer overlaps overlay placing position precision primary
real references returning right row select session_user setof similar smallint some substring
symmetric system_user table tablesample then time timestamp to trailing treat trim true union
unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat
xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
"""
)
"""Words that ``quote_ident`` quotes: every keyword that the grammar reserves in some place."""

_quoted: dict[str, str] = {}


def quoted(name: str) -> str:
    """Quote an identifier where the server's ``quote_ident`` does."""
    text = _quoted.get(name)
    if text is None:
        plain = name[:1] in _PLAIN and _PLAIN_OR_DIGIT.issuperset(name) and name not in _KEYWORDS
        text = name if plain else '"' + name.replace('"', '""') + '"'
        if len(_quoted) < 10_000:
            _quoted[name] = text
    return text
