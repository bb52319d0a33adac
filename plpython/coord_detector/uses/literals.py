"""Objects named in string literals: ``nextval('orders_id_seq')``, ``'users'::regclass``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import safe_parser
from ..loader import ast
from . import builtin_names
from .collector import Collector
from .identifiers import identifiers
from .nodes import is_a

_FIRST_ARGUMENT_NAMES_RELATION = builtin_names.words(
    """
    nextval currval setval pg_relation_size pg_table_size pg_total_relation_size pg_indexes_size
    pg_relation_filenode pg_relation_filepath pg_partition_tree pg_partition_ancestors
    pg_partition_root pg_relation_is_updatable pg_sequence_last_value table_to_xml
    table_to_xmlschema table_to_xml_and_xmlschema brin_summarize_new_values brin_summarize_range
    brin_desummarize_range gin_clean_pending_list pg_index_has_property
    pg_index_column_has_property pg_column_is_updatable pg_get_replica_identity_index
    """
)
"""Functions of a regclass argument, which turn a bare literal into an object once and for all."""

_SEQUENCE_FUNCTIONS = frozenset(("nextval", "currval", "setval", "pg_sequence_last_value"))

_FIRST_ARGUMENT_NAMES_CONFIGURATION = {
    "to_tsvector": 2,
    "json_to_tsvector": 3,
    "jsonb_to_tsvector": 3,
    "to_tsquery": 2,
    "plainto_tsquery": 2,
    "phraseto_tsquery": 2,
    "websearch_to_tsquery": 2,
    "ts_debug": 2,
    "ts_headline": 3,
}
"""Functions whose first argument is a text search configuration, given so many arguments."""


def string_constant(node: Any) -> str | None:
    """The text of a string literal, and nothing for anything else."""
    if is_a(node, ast.A_Const) and is_a(node.val, ast.String):
        return str(node.val.sval)
    return None


def function_literal(collector: Collector, name: str, arguments: Sequence[Any]) -> None:
    """Note the object that a system function's literal argument names."""
    if name in _FIRST_ARGUMENT_NAMES_RELATION:
        text = string_constant(arguments[0])
        if text is not None:
            changes_sequence = name in ("nextval", "setval") and collector.facet == "data"
            relation_literal(
                collector,
                text,
                "sequence" if name in _SEQUENCE_FUNCTIONS else "table",
                writes=changes_sequence,
            )
    elif len(arguments) >= _FIRST_ARGUMENT_NAMES_CONFIGURATION.get(name, 99):
        text = string_constant(arguments[0])
        if text is not None:
            configuration_literal(collector, text)


def cast_literal(collector: Collector, type_name: str, text: str) -> None:
    """Note the object that a literal cast to one of the reg* types names."""
    if type_name == "regclass":
        relation_literal(collector, text, "table")
    elif type_name == "regtype":
        type_literal(collector, text)
    elif type_name in ("regproc", "regprocedure"):
        routine_literal(collector, text)
    elif type_name == "regconfig":
        configuration_literal(collector, text)
    elif type_name == "regnamespace":
        parts = identifiers(text)
        if len(parts) == 1 and parts[0] not in builtin_names.SCHEMAS:
            collector.use("schema", [(None, parts[0])])
    elif type_name == "regrole":
        parts = identifiers(text)
        if len(parts) == 1:
            collector.use("role", [(None, parts[0])])


REG_TYPES = frozenset(
    ("regclass", "regtype", "regproc", "regprocedure", "regconfig", "regnamespace", "regrole")
)


def relation_literal(collector: Collector, text: str, kind: str, *, writes: bool = False) -> None:
    parts = identifiers(text)
    if not 1 <= len(parts) <= 2:
        return
    schema = parts[0] if len(parts) == 2 else None
    options = collector.relations(schema, parts[-1])
    collector.use(kind, options, None, "write" if writes else "read")


def routine_literal(collector: Collector, text: str) -> None:
    """``'f'::regproc`` and ``'f(integer)'::regprocedure``: the types are not told apart."""
    parts = identifiers(text.partition("(")[0])
    if 1 <= len(parts) <= 2:
        names = [ast.String(part) for part in parts]
        arguments = text.partition("(")[2].rpartition(")")[0].strip()
        collector.function(names, arguments.count(",") + 1 if arguments else 0)


def type_literal(collector: Collector, text: str) -> None:
    """``'public.mood[]'::regtype``: any spelling of a type will do."""
    try:
        (parsed,) = safe_parser.parse_sql(f"SELECT NULL::{text}")
    except (safe_parser.Unparsable, ValueError):
        # No type, or more than one statement: the server refuses the cast as well.
        return
    cast = parsed.node.targetList[0].val
    if is_a(cast, ast.TypeCast):
        collector.type_use(cast.typeName)


def configuration_literal(collector: Collector, text: str) -> None:
    parts = identifiers(text)
    if len(parts) == 1 and parts[0] in builtin_names.TEXT_SEARCH_CONFIGURATIONS:
        return
    if not 1 <= len(parts) <= 2 or (len(parts) == 2 and parts[0] in builtin_names.SCHEMAS):
        return
    kind = "text search configuration"
    collector.use(kind, collector.scope.resolve(tuple(parts), kind))
