"""Commands that are put together at run time: what is known of them all the same.

An unknown piece is filled with a word that nobody uses, and the command is read as if it stood
there. What is made of that word is unknown; the parent table of the partition, the function of
the trigger and the role that is granted to are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .. import safe_parser
from ..loader import ast
from ..model import Json, Touch
from ..script_error import ScriptError
from .collector import NO_VARIABLES, Collector
from .constants import PIECE, UNKNOWN
from .nodes import is_a
from .statement import Nested, statement

MOST_MENTIONS = 20
_MOST_CHANGES = 20

_FILLERS = (PIECE, "8128", "")
"""What a piece that may be anything is taken for: a name, a number, nothing."""

_OF_A_TABLE = frozenset(("table column", "table constraint", "trigger", "policy", "rule"))

_FACTS = ("row", "rows", "values", "given", "set", "where", "defaults")
"""What a change of rows tells of them."""

_COMPARED = (
    "value", "grantee", "privileges", "is_grant", "definition", "if_exists", "if_not_exists",
    "or_replace",
)  # fmt: skip
_LONGEST = 2000


def pattern(collector: Collector, command: str, nested: Nested | None) -> None:
    """Collect what a command uses and changes beside what is unknown in it."""
    for filler in _FILLERS if PIECE in command else ("",):
        text = command.replace(PIECE, filler)
        if not collector.scope.room.take(len(text)):
            return
        try:
            parsed = safe_parser.parse_sql(text)
            inner = Collector(collector.scope, collector.facet, NO_VARIABLES, **collector.detail)
            inner.local_relations = collector.local_relations
            for one in parsed:
                if not is_a(one.node, ast.VariableSetStmt):
                    # A path with an unknown schema says nothing of the names after it.
                    statement(inner, one.node, nested)
        except (safe_parser.Unparsable, ScriptError, RecursionError):
            # It is no command when it is filled in so; the server will see what it becomes.
            continue
        if parsed:
            _collect(collector, inner.touches)
            return
    for name in _names(command):
        _mention(collector, name)


def _collect(collector: Collector, touches: Iterable[Touch]) -> None:
    for touch in touches:
        if touch.kind == "unknown":
            continue
        schema, name, sub = touch[2:5]
        if not _is_unknown(schema) and not _is_unknown(name) and not _is_unknown(sub):
            detail = {**_known_facts(touch), "uncertain": True}
            collector.touches.append(touch._replace(detail=detail))
            continue
        _forget(collector, (schema, name))
        if touch.action != "use" and not _is_unknown(sub):
            _at_run_time(collector, touch)
        if not _is_unknown(schema) and not _is_unknown(name):
            if touch.kind in _OF_A_TABLE:
                _mention(collector, name)
                collector.use("table", [(schema, name)], uncertain=True)
        elif schema is not None and not _is_unknown(schema) and _is_written(collector, schema):
            collector.use("schema", [(None, schema)], uncertain=True)


def _is_written(collector: Collector, schema: str) -> bool:
    """Whether a schema stands in the command itself, and not only on the path."""
    return schema not in collector.scope.search_path


def _is_unknown(name: str | None) -> bool:
    return name is not None and UNKNOWN in name


def _known_facts(touch: Touch) -> dict[str, Json]:
    """The detail without what depends on values that are not known."""
    detail = dict(touch.detail)
    if "bounds" in detail:
        detail["bounds"] = _without_unknown(detail["bounds"])
    if any(UNKNOWN in str(detail.get(fact)) for fact in _FACTS):
        for fact in _FACTS:
            if detail.pop(fact, None) is not None and fact == "where":
                detail["where"], detail["rest"] = [], True
    return detail


def _without_unknown(value: Json) -> Json:
    if isinstance(value, str):
        return None if UNKNOWN in value else value
    if isinstance(value, list):
        return [_without_unknown(one) for one in value]
    if isinstance(value, dict):
        return {name: _without_unknown(one) for name, one in value.items()}
    return value


def _forget(collector: Collector, place: tuple[str | None, str]) -> None:
    """The script has not made an object of such a name."""
    tables = collector.scope.tables
    table = tables.pop(place, None) if UNKNOWN in place[1] else None
    for parent in table.parents if table is not None else ():
        known = tables.get(parent)
        if known is not None and place in known.children:
            known.children.remove(place)


def _at_run_time(collector: Collector, touch: Touch) -> None:
    """Note a change of an object whose name is not known, but perhaps its schema."""
    change: dict[str, Json] = {
        "schema": None if _is_unknown(touch.schema) else touch.schema,
        "kind": touch.kind,
        "sub": touch.sub,
        "action": touch.action,
        "facet": touch.facet,
    }
    change.update({name: touch.detail[name] for name in _COMPARED if name in touch.detail})
    if len(str(change)) > _LONGEST:
        return
    if change not in collector.at_run_time and len(collector.at_run_time) < _MOST_CHANGES:
        collector.at_run_time.append(change)


# -------------------------------------------------------------------- names


def _mention(collector: Collector, name: str) -> None:
    if name not in collector.mentions and len(collector.mentions) < MOST_MENTIONS:
        collector.mentions.append(name)


def _names(command: str) -> Iterator[str]:
    """Words of a command that cannot be read as a whole, unless they are PostgreSQL's own."""
    for kind, text in _tokens(command):
        if kind == "IDENT" and UNKNOWN not in text:
            yield text[1:-1] if text[0] == '"' else text.lower()


def literal_names(body: str) -> Iterator[str]:
    """Literals of a body that are single names."""
    found: set[str] = set()
    for kind, text in _tokens(body):
        name = text[1:-1]
        if kind == "SCONST" and name.isidentifier() and name not in found:
            found.add(name)
            yield name
            if len(found) == MOST_MENTIONS:
                return


_ALL_BUT = frozenset(("not", "or", "except", "left", "full", "<>"))
_COLUMN_NAMES = frozenset(("attname", "column_name"))


def needed_column(body: str) -> str | None:
    """The column that a block looks for in the catalog: only tables that have it matter then."""
    tokens = list(_tokens(body))
    words = [text.lower() for _, text in tokens]
    if words.count("execute") != 1 or not _ALL_BUT.isdisjoint(words):
        return None
    found = [
        text[1:-1]
        for (_, name), (_, operator), (kind, text) in zip(
            tokens, tokens[1:], tokens[2:], strict=False
        )
        if name.lower() in _COLUMN_NAMES and operator == "=" and kind == "SCONST"
    ]
    return found[0] if len(found) == 1 else None


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """The kind and the spelling of each token; none where they cannot be told apart."""
    data = text.encode(errors="surrogatepass")
    try:
        tokens = safe_parser.scan(data) or ()
    except safe_parser.Unparsable:
        # Said already: it is opaque because it cannot be read.
        return
    for token in tokens:
        yield token.name, data[token.start : token.end + 1].decode(errors="replace")
