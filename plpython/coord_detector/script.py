"""Changes as they are handed in -> single parsed statements, or an error that says where.

The parser alone decides where a statement ends. Short changes go to it as they are. Longer ones
are first cut by the parser's own scanner, which builds no trees, so that the length of each
statement can be limited before any is parsed; what the scanner cannot know (the semicolons
inside BEGIN ATOMIC bodies) is put together again before parsing, and the parser's positions,
not the scanner's, say what one statement's text is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from .array_literal import is_array_literal, parse_array_literal
from .position import locate
from .safe_parser import (
    DIRECT_BYTES,
    Parsed,
    Unparsable,
    encode,
    parse_sql,
    refuse_nul,
    scan,
    split,
)
from .script_error import ScriptError

__all__ = [
    "DEFAULT",
    "Limits",
    "ScriptError",
    "Statement",
    "Unparsable",
    "noop",
    "parse_changes",
    "parse_sql",
    "too_deep",
]

_SPACES = " \t\n\r\f\v"
_COPY_LENGTH = 4096


class Limits(NamedTuple):
    """How much one call may ask of the parser; each is the setting ``max_<name>``.

    The worst statement of 200 kB takes one second here and 60 MB while it is parsed; ten times
    as much would be ten seconds that nobody can cancel.
    """

    script_bytes: int = 1_000_000
    statement_bytes: int = 200_000
    statements: int = 20_000
    tables: int = 10_000


DEFAULT = Limits()


class Statement(NamedTuple):
    """One statement: its number in the whole of the changes, its own text, its parse tree.

    Locations in the tree are indexes into whatever was parsed, not into ``text``.
    """

    no: int
    text: str
    node: Any


def noop() -> None:
    """Stand in for the check for interrupts where there is nobody to interrupt."""


def parse_changes(
    changes: str | Sequence[str],
    limits: Limits = DEFAULT,
    interrupts: Callable[[], None] = noop,
) -> list[Statement]:
    """Parse a script, an array literal or a list of scripts into numbered statements.

    Raises ScriptError: 42601 for text that does not parse, 54000 for what is over a limit,
    22023 where there is no statement, 22004 for NULL, 22021 for what is no valid text.
    """
    statements: list[Statement] = []
    work = _Work(limits, interrupts)
    elements = _elements(changes, limits)
    for number, element in enumerate(elements, 1):
        if len(elements) > 1:
            work.where = f" (element {number})"
        _parse_element(element, statements, work)
    if not statements:
        raise ScriptError(
            "22023",
            "schema changes contain no statement",
            "there is nothing but white space and comments" if changes else "they are empty",
            "give the DDL that is planned, for example 'ALTER TABLE users ADD COLUMN email text'",
        )
    return statements


def too_deep() -> ScriptError:
    """What a RecursionError means, wherever in the detector a walk ran into it."""
    return ScriptError(
        "54000",
        "a statement is nested too deeply to analyse",
        "its expressions or queries are chained or nested more deeply than the detector can follow",
        "split the statement, or write long chains as AND, OR, IN or VALUES lists",
    )


# -- what was handed in -----------------------------------------------------------------------


def _elements(changes: str | Sequence[str] | None, limits: Limits) -> Sequence[str]:
    if changes is None:
        raise _null_error()
    if isinstance(changes, str):
        if not is_array_literal(changes):
            return (changes,)
        # A literal is longer than its elements by its quotes and backslashes: at most doubled.
        _check_script_length(len(changes) // 2, limits)
        elements = parse_array_literal(changes)
    else:
        elements = list(_flattened(changes))
    texts = [element for element in elements if element is not None]
    if len(texts) < len(elements):
        raise _null_error()
    return texts


def _flattened(changes: Sequence[Any]) -> Iterator[str | None]:
    for element in changes:
        if isinstance(element, (list, tuple)):
            yield from _flattened(element)
        else:
            yield element


def _null_error() -> ScriptError:
    return ScriptError(
        "22004",
        "schema changes must not be null",
        "an element of the array, or all of it, is NULL",
        "leave the element out, or give its DDL",
    )


# -- limits -----------------------------------------------------------------------------------


class _Work:
    """How much text came with one call, and the look for interrupts between statements."""

    def __init__(self, limits: Limits, interrupts: Callable[[], None]) -> None:
        self.limits = limits
        self.interrupts = interrupts
        self.where = ""
        self._total = 0

    def receive(self, size: int) -> None:
        self._total += size
        _check_script_length(self._total, self.limits)


def _check_script_length(size: int, limits: Limits) -> None:
    if size > limits.script_bytes:
        raise ScriptError(
            "54000",
            "schema changes are too long",
            f"they have at least {size} bytes; the limit is {limits.script_bytes}",
            f"hand them in as several intents, or raise the limit of {limits.script_bytes} bytes: "
            "the setting max_script_bytes in coord.setting",
        )


def _statement_too_long(
    data: bytes, start: int, statements_before: int, limits: Limits
) -> ScriptError:
    start += len(data[start:]) - len(data[start:].lstrip())
    line = data.count(b"\n", 0, start) + 1
    return ScriptError(
        "54000",
        f"statement {statements_before + 1} is too long",
        f"it begins in line {line} and has more than {limits.statement_bytes} bytes",
        f"split it, or raise the limit of {limits.statement_bytes} bytes: "
        "the setting max_statement_bytes in coord.setting",
    )


def _append(statements: list[Statement], text: str, parsed: list[Parsed], work: _Work) -> None:
    for one in parsed:
        if len(statements) >= work.limits.statements:
            raise ScriptError(
                "54000",
                "schema changes have too many statements",
                f"the limit is {work.limits.statements}",
                "hand them in as several intents, or raise the limit of "
                f"{work.limits.statements} statements: "
                "the setting max_statements in coord.setting",
            )
        own_text = _trimmed(text[one.start : one.end])
        statements.append(Statement(len(statements) + 1, own_text, one.node))


def _trimmed(text: str) -> str:
    """Cut white space and comments off the end; the parser's start is already exact."""
    text = text.rstrip(_SPACES)
    if text.endswith("*/") or "--" in text[text.rfind("\n") + 1 :]:
        data = text.encode()
        for token in reversed(scan(data) or ()):
            if token.name not in ("SQL_COMMENT", "C_COMMENT"):
                return data[: token.end + 1].decode()
    return text


# -- one element ------------------------------------------------------------------------------


def _parse_element(element: str, statements: list[Statement], work: _Work) -> None:
    work.receive(len(element))
    refuse_nul(element)
    size = len(element)
    if not element.isascii():
        size = len(encode(element))
        work.receive(size - len(element))
    if size <= min(DIRECT_BYTES, work.limits.statement_bytes):
        try:
            parsed = parse_sql(element)
        except Unparsable as error:
            raise _syntax_error(element, error, len(statements), work) from error
        _append(statements, element, parsed, work)
        work.interrupts()
        return
    _parse_long_element(element, statements, work)


def _parse_long_element(element: str, statements: list[Statement], work: _Work) -> None:
    data = encode(element)
    before = len(statements)
    try:
        ranges = split(data)
    except Unparsable as error:
        _parse_unscannable(element, data, error, statements, work)
        raise _syntax_error(element, error, before, work) from error
    pieces = _pieces(data, ranges, work.limits.statement_bytes)
    _parse_pieces(element, data, pieces, before, statements, work)


def _parse_unscannable(
    element: str, data: bytes, scan_error: Unparsable, statements: list[Statement], work: _Work
) -> None:
    """Raise what the parser has to complain about before the scanner's error, if anything."""
    before = len(statements)
    head = element[: scan_error.index].encode()
    start = 0
    try:
        pieces = list(_pieces(head, split(head), work.limits.statement_bytes))
    except Unparsable:
        pieces = []
    if pieces:
        start = pieces[-1].start
        _parse_pieces(element, head, pieces[:-1], before, statements, work)
    end = start + work.limits.statement_bytes
    if len(head) > end:
        return
    try:
        parse_sql(data[start:end].decode(errors="ignore"))
    except Unparsable as error:
        raise _syntax_error(element, _shifted(error, data, start), before, work) from error


def _shifted(error: Unparsable, data: bytes, start: int) -> Unparsable:
    """Return the error of a piece of an element as an error of the element."""
    if error.index is None:
        return error
    return Unparsable(error.message, error.index + len(data[:start].decode()))


def _parse_pieces(
    element: str,
    data: bytes,
    pieces: Iterable[_Piece],
    before: int,
    statements: list[Statement],
    work: _Work,
) -> None:
    for start, content_end, end in pieces:
        piece = data[start:end].decode()
        try:
            if content_end - start > work.limits.statement_bytes:
                _complain_about_long(data, start, len(statements), work.limits)
            parsed = parse_sql(piece)
        except Unparsable as error:
            if error.index is None and end < len(data):
                # It ends too early for the parser, not for the scanner: a body in disguise.
                raise _statement_too_long(data, start, len(statements), work.limits) from error
            raise _syntax_error(element, _shifted(error, data, start), before, work) from error
        _append(statements, piece, parsed, work)
        work.interrupts()


def _complain_about_long(data: bytes, start: int, statements_before: int, limits: Limits) -> None:
    """Raise the syntax error that makes a statement endless, or else that it is too long."""
    head = data[start : start + limits.statement_bytes].decode(errors="ignore")
    # Only what is far from the cut can be blamed on the text itself.
    blameless = len(head) - len(head) // 10
    try:
        parse_sql(head)
    except Unparsable as error:
        if error.index is not None and error.index < blameless and "unterminated" not in str(error):
            raise
    raise _statement_too_long(data, start, statements_before, limits)


class _Piece(NamedTuple):
    """What is parsed at a time: where it starts, where its last statement ends, where the next
    piece starts."""

    start: int
    content_end: int
    end: int


def _pieces(data: bytes, ranges: Sequence[tuple[int, int]], most: int) -> Iterator[_Piece]:
    """Put the scanner's ranges together to whole statements.

    The first piece reaches back to the beginning and each one up to the next, so that not a
    byte goes unseen: the scanner leaves out what contains no keyword.
    """
    starts = [0, *(start for start, _ in ranges[1:]), len(data)]
    position = 0
    count = max(1, len(ranges))
    while position < count:
        last = position
        if ranges and b"atomic" in data[starts[position] : starts[position + 1]].lower():
            last = _end_of_body(data, starts, position, most)
        content_end = ranges[last][1] if ranges else len(data)
        yield _Piece(starts[position], content_end, starts[last + 1])
        position = last + 1


def _end_of_body(data: bytes, starts: Sequence[int], first: int, most: int) -> int:
    """Return the last of the ranges that a BEGIN ATOMIC body beginning in ``first`` covers.

    That is the very last where the body has no end, and ``first`` where it is over the limit:
    the parser will say what is wrong.
    """
    open_bodies: list[str] = []
    previous = ""
    for position in range(first, len(starts) - 1):
        if starts[position + 1] - starts[first] > most and position > first:
            break
        for token in scan(data[starts[position] : starts[position + 1]]) or ():
            name = token.name
            if name in ("SQL_COMMENT", "C_COMMENT"):
                continue
            if previous not in ("AS", "ASCII_46"):
                if (name == "ATOMIC" and previous == "BEGIN_P") or (name == "CASE" and open_bodies):
                    open_bodies.append(name)
                elif name == "END_P" and open_bodies:
                    open_bodies.pop()
            previous = name
        if not open_bodies:
            return position
    else:
        return len(starts) - 2
    return first


# -- errors -----------------------------------------------------------------------------------


def _syntax_error(
    element: str, error: Unparsable, statements_before: int, work: _Work
) -> ScriptError:
    index = error.index
    line, column, excerpt = locate(element, index)
    number = statements_before + _statements_until(element, index)
    message, hint = _explain(element, error)
    return ScriptError(
        "42601",
        message,
        f"statement {number}{work.where}, line {line}, column {column}:\n{excerpt}",
        hint,
    )


def _statements_until(element: str, index: int | None) -> int:
    """Count the statements of an element up to the one that the character belongs to."""
    head = element if index is None else element[:index]
    # The word stands for the offending token, with which a statement begins or goes on.
    data = (head + " select").encode()
    try:
        return sum(1 for _ in _pieces(data, split(data), len(data)))
    except Unparsable as error:
        # The character is inside a string or a quoted name: count up to where that begins.
        if error.index is None or error.index >= len(head):
            return 1
        return _statements_until(element, error.index)


def _explain(element: str, error: Unparsable) -> tuple[str, str]:
    """Return message and hint; what only psql understands gets words of its own."""
    index = len(element) if error.index is None else error.index
    here = element[index : index + 1]
    following = element[index + 1 : index + 2]
    if not error.message.startswith("syntax error"):
        return error.message, "correct the statement where the caret points"
    if here == "\\":
        command = element[index:].split(None, 1)[0][:40]
        return (
            f'psql meta-command "{command}" is not SQL',
            "only psql understands commands that begin with a backslash; hand in the SQL that "
            "results from it",
        )
    if here == ":" and (following.isalpha() or following in ("_", "'", '"', "{")):
        return (
            f"{error.message}: psql variables are not SQL",
            "only psql replaces :name; hand in the SQL with the value in its place",
        )
    if _follows_copy(element, index):
        return (
            f"{error.message}: the data of COPY ... FROM stdin are not SQL",
            "hand in the DDL without the rows between COPY ... FROM stdin and \\.; "
            "use INSERT where the rows are part of the change",
        )
    return error.message, "correct the statement where the caret points"


def _follows_copy(element: str, index: int) -> bool:
    """Tell whether the last complete statement before the character is COPY ... FROM stdin."""
    head = element[:index]
    end = head.rfind(";")
    if end < 0 or "copy" not in head[:end].lower():
        return False
    start = max(0, end - _COPY_LENGTH)
    at = head.lower().rfind("copy", start, end)
    if at < 0:
        return False
    try:
        found = parse_sql(head[at:end])
    except (Unparsable, ScriptError):
        return False
    if len(found) != 1:
        return False
    node = found[0].node
    return (
        type(node).__name__ == "CopyStmt"
        and bool(node.is_from)
        and node.filename is None
        and not node.is_program
    )
