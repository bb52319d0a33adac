"""Bodies of routines and DO blocks -> what the statements in them use.

PostgreSQL records what a BEGIN ATOMIC body depends on, and nothing of a body that is a string:
a table that such a body uses can be dropped, and the next call fails. The touches of string
bodies say so (``body``), and say as well when the server looks at them once, at creation
(``checked``): an SQL body as a whole, of a PL/pgSQL body the types in its declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .. import safe_parser
from ..loader import ast
from ..model import Json, Touch
from ..script_error import ScriptError
from .builtin_names import words
from .collector import NO_VARIABLES, Collector, Variables
from .constants import UNKNOWN, constant_text
from .expression import walk
from .nodes import is_a
from .patterns import MOST_MENTIONS, literal_names, needed_column, pattern
from .plpgsql import BodyReader
from .plpgsql_pieces import Piece
from .plpgsql_tokens import BEFORE_A_STATEMENT, UnreadableBody
from .query import NO_COMMON_TABLES
from .sources import Level, Relation, Sources
from .statement import Nested, statement

if TYPE_CHECKING:
    from ..names import Scope

_TRIGGER_VARIABLES = words(
    """
    new old tg_name tg_when tg_level tg_op tg_relid tg_relname tg_table_name tg_table_schema
    tg_nargs tg_argv tg_event tg_tag
    """
)

_EVERYWHERE = ("found",)

_INPUT_MODES = frozenset("dibv")
"""Modes of parameters whose names an SQL body can refer to: default, IN, INOUT, VARIADIC."""


def body_of(node: Any, scope: Scope, table: Relation | None = None) -> list[Touch]:
    """What the body of CREATE FUNCTION or CREATE PROCEDURE uses; its signature is not looked at.

    ``table`` is the one that ``new`` and ``old`` are rows of, when a trigger runs it.
    """
    options = {option.defname: option.arg for option in node.options or ()}
    name = node.funcname[-1].sval
    parameters = node.parameters or ()
    if node.sql_body is not None:
        named = _named_inputs(parameters)
        collector = Collector(scope, "reference", Variables([*named, name]))
        _rows(collector, named)
        for part in _flattened(node.sql_body):
            if is_a(part, ast.ReturnStmt):
                walk(collector, part.returnval, Level(Sources(), None, NO_COMMON_TABLES))
            else:
                statement(collector, part, None)
        return collector.touches
    language = options["language"].sval.lower() if "language" in options else "sql"
    texts = options.get("as")
    if language in ("c", "internal") or not texts:
        return []
    body = texts[0].sval
    inside = scope.for_body(node)
    if language == "sql":
        named = _named_inputs(parameters)
        collector = Collector(
            inside, "reference", Variables([*named, name]), body=True, checked=True
        )
        _rows(collector, named)
        _sql_text(collector, body, None)
        return collector.touches
    collector = Collector(inside, "reference", NO_VARIABLES, body=True)
    if table is not None:
        for row in ("new", "old"):
            collector.rows[row] = collector.table_source(row, (table,))
    if language == "plpgsql":
        names = [p.name for p in parameters if p.name]
        special = _TRIGGER_VARIABLES if _is_trigger(node) else ()
        variables = Variables([name, *names, *_EVERYWHERE, *special])
        _plpgsql(collector, body, variables, None)
    else:
        collector.opaque(f"{language} body", "only bodies in SQL and PL/pgSQL can be read")
    return collector.touches


def _named_inputs(parameters: Sequence[Any]) -> dict[str, Any]:
    """Parameters that an SQL body can refer to by name, with their types."""
    return {p.name: p.argType for p in parameters if p.name and p.mode.value in _INPUT_MODES}


def _rows(collector: Collector, parameters: dict[str, Any]) -> None:
    for name, type_node in parameters.items():
        collector.row_parameter(name, type_node)


def block_of(node: Any, scope: Scope, nested: Nested | None) -> list[Touch]:
    """What a DO block uses, which runs now; ``nested`` footprints the DDL that it contains."""
    language, body = "plpgsql", ""
    for option in node.args:
        if option.defname == "as":
            body = option.arg.sval
        elif option.defname == "language":
            language = option.arg.sval.lower()
    collector = Collector(scope, "data")
    if language == "plpgsql":
        _plpgsql(collector, body, Variables(_EVERYWHERE), nested)
    else:
        collector.opaque(f"{language} block", "only blocks in PL/pgSQL can be read")
    return _with_mentions(collector, body)


def is_guarded_block(node: Any) -> bool:
    """Whether a DO block looks first (IF … THEN), or catches errors (EXCEPTION WHEN …)."""
    body = next((option.arg.sval for option in node.args if option.defname == "as"), "")
    data = body.encode(errors="surrogatepass")
    try:
        tokens = safe_parser.scan(data) or ()
    except safe_parser.Unparsable:
        return False
    words = [data[token.start : token.end + 1].decode(errors="replace").lower() for token in tokens]
    for before, word in zip(["begin", *words], words, strict=False):
        if word == "if" and before in BEFORE_A_STATEMENT:
            return True
        if word == "when" and before == "exception":
            return True
    return False


def _with_mentions(collector: Collector, body: str) -> list[Touch]:
    """SQL that is put together at run time: at least the names among the block's literals."""
    touches = collector.touches
    if not any(touch.detail.get("opaque") for touch in touches):
        return touches
    mentions: list[Json] = list(literal_names(body))
    mentions += [name for name in collector.mentions if name not in mentions]
    seen: dict[str, Json] = {}
    if mentions:
        seen["mentions"] = mentions[:MOST_MENTIONS]
    if collector.at_run_time:
        seen["at_run_time"] = collector.at_run_time
    column = needed_column(body)
    if column is not None:
        seen["column"] = column
    return [
        touch._replace(detail={**touch.detail, **seen}) if touch.detail.get("opaque") else touch
        for touch in touches
    ]


def _is_trigger(node: Any) -> bool:
    return node.returnType is not None and node.returnType.names[-1].sval in (
        "trigger",
        "event_trigger",
    )


def _flattened(body: Any) -> Sequence[Any]:
    """BEGIN ATOMIC's statements come as a list in a list; RETURN alone as a node."""
    if not isinstance(body, tuple):
        return (body,)
    statements: list[Any] = []
    for part in body:
        statements.extend(_flattened(part))
    return statements


def _sql_text(collector: Collector, text: str, nested: Nested | None) -> None:
    """Statements in a string: an SQL function's body, or what EXECUTE runs."""
    try:
        parsed = safe_parser.parse_sql(text)
    except safe_parser.Unparsable as error:
        # The server's grammar may be newer or older than the parser's: it has the last word.
        collector.opaque("SQL text", f"it cannot be parsed: {error.message}")
        return
    for one in parsed:
        statement(collector, one.node, nested)
        collector.scope.interrupts()


_READING = 100
"""What a command costs beside its length, in characters."""

MOST_PIECES = 20_000
"""As many expressions and queries of one body are parsed, which takes about a second."""


def _body_too_long() -> ScriptError:
    return ScriptError(
        "54000",
        "a PL/pgSQL body is too long",
        f"it has more than {MOST_PIECES} expressions and queries",
        "split it into several routines or blocks",
    )


def _plpgsql(collector: Collector, body: str, variables: Variables, nested: Nested | None) -> None:
    try:
        collector.variables = variables
        reader = BodyReader(body, variables, collector.scope.interrupts, collector.scope.room)
        number = 0
        for piece in reader.read():
            if reader.repeats:
                # Read already for another value, which only what EXECUTE runs depends on.
                if piece.kind == "dynamic":
                    _dynamic(collector, piece, nested)
                continue
            number += 1
            if number > MOST_PIECES:
                raise _body_too_long()
            _READERS[piece.kind](collector, piece, nested)
    except (UnreadableBody, safe_parser.Unparsable) as error:
        # Not an error here: the server decides what a valid body is, and says so at CREATE.
        collector.opaque("PL/pgSQL body", f"it cannot be read: {error}")


def _expression(collector: Collector, piece: Piece, nested: Nested | None) -> None:
    _sql_text(collector, f"SELECT {piece.text}", nested)


def _query(collector: Collector, piece: Piece, nested: Nested | None) -> None:
    _sql_text(collector, piece.text, nested)


def _dynamic(collector: Collector, piece: Piece, nested: Nested | None) -> None:
    """EXECUTE: what it runs is known when it is put together from what is known."""
    value = _value(piece.text)
    values = collector.variables.values
    command = constant_text(value)
    walk(collector, value, Level(Sources(), None, NO_COMMON_TABLES))
    if command is None:
        command = constant_text(value, values, fill=True)
        if command is not None and not collector.scope.room.take(_READING + len(command)):
            command = None
    if command is None or UNKNOWN in command:
        collector.opaque("dynamic SQL", "it is put together at run time")
        if command is not None:
            pattern(collector, command, nested)
        return
    # EXECUTE sees none of the variables around it.
    around, collector.variables = collector.variables, NO_VARIABLES
    _sql_text(collector, command, nested)
    collector.variables = around


def _type(collector: Collector, piece: Piece, nested: Nested | None) -> None:
    value = _value(f"NULL::{piece.text}")
    if not is_a(value, ast.TypeCast):
        raise UnreadableBody(f"a type expected, not {piece.text!r}")
    _checked(collector, lambda: collector.type_use(value.typeName))


def _row_type(collector: Collector, piece: Piece, nested: Nested | None) -> None:
    names = _qualified(piece.text)
    source = collector.source(names[-2] if len(names) > 1 else None, names[-1])
    _checked(collector, lambda: collector.table(source, all_columns=True))


def _column_type(collector: Collector, piece: Piece, nested: Nested | None) -> None:
    names = _qualified(piece.text)
    if len(names) < 2:
        # Another variable's type.
        return
    source = collector.source(names[-3] if len(names) > 2 else None, names[-2])

    def add() -> None:
        collector.table(source)
        collector.column(source, names[-1])

    _checked(collector, add)


def _checked(collector: Collector, add: Callable[[], None]) -> None:
    """Declarations are looked up when the routine is created, the statements are not."""
    before = collector.detail
    collector.detail = {**before, "checked": True} if "body" in before else before
    add()
    collector.detail = before


def _qualified(text: str) -> list[str]:
    value = _value(text)
    if not is_a(value, ast.ColumnRef) or not all(is_a(part, ast.String) for part in value.fields):
        raise UnreadableBody(f"a name expected, not {text!r}")
    return [field.sval for field in value.fields]


def _value(text: str) -> Any:
    """The tree of a single expression."""
    parsed = safe_parser.parse_sql(f"SELECT {text}")
    select = parsed[0].node
    if len(parsed) != 1 or not is_a(select, ast.SelectStmt) or len(select.targetList or ()) != 1:
        raise UnreadableBody(f"an expression expected, not {text!r}")
    return select.targetList[0].val


_READERS: dict[str, Callable[[Collector, Piece, Nested | None], None]] = {
    "expression": _expression,
    "query": _query,
    "dynamic": _dynamic,
    "type": _type,
    "row type": _row_type,
    "column type": _column_type,
}
