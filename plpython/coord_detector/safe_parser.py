"""pglast's entry points for texts of any content, made harmless.

What was measured with pglast 8.7, and what is done about it here:

- The parser and the conversion of its result to Python objects are recursive C code.
  ``1+1+1...`` takes 174 bytes of C stack for each byte of text, so that 48 kB overflow an
  ordinary stack of 8 MB and kill the process. Texts above ``DIRECT_BYTES`` are parsed in a
  thread whose stack fits their length.
- Nested shapes (parentheses, CASE, subselects) are stopped by the grammar at 10,000 levels.
- The scanner reads a whole run of operator characters before it looks for the comment or the
  shorter operator at its beginning: 100 kB of ``/**/`` take 4 s, 200 kB 18 s. Nobody writes
  runs that long; they are refused.
- pglast turns every byte offset into a character index by searching through all characters
  outside ASCII: a list of 60 kB with 40 kB of accented letters takes 1.4 s, one of 200 kB
  18 s. Above ``_SLOW_PRODUCT`` an equivalent text in ASCII is parsed instead.
- An error's position is wrong where characters outside ASCII precede it (see _error_index).
- ``parse_sql`` releases the interpreter's lock while the grammar runs; the conversion holds
  it. Nothing can interrupt either, so whoever calls this limits the length of one text
  (``Limits.statement_bytes``).
- ``parse_plpgsql`` is safe in a backend as well, but of no use: it stops at every variable of
  a qualified type and at every field of an unknown record, and reads no DO blocks.
- Trees are released without recursion. Of a peak of 60 MB (the worst 200 kB) less than 10 MB
  stay with the process afterwards, and later parses use them again: no need for malloc_trim.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from . import loader, row_assignment
from .ascii_text import Rewritten, mask, rewrite
from .big_stack import call_with_stack
from .script_error import ScriptError

DIRECT_BYTES = 4096
"""Texts up to this length are parsed on the caller's stack: they take 0.7 MB of it at most."""

OPERATOR_RUN = 1000
"""The longest run of operator characters that reaches the scanner."""

_STACK_BASE = 16 << 20
_STACK_PER_BYTE = 1024
_STACK_LARGEST = 4 << 30
_SLOW_PRODUCT = 100_000_000
_TOO_SLOW_PRODUCT = 1_000_000_000
_OPERATOR_CHARACTERS = b"+-*/<>=~!@#%^&|`?"
_RUN_MARKS = bytes(43 if byte in _OPERATOR_CHARACTERS else 32 for byte in range(256))
_LONG_RUN = b"+" * (OPERATOR_RUN + 1)
_MESSAGE_LENGTH = 200

Result = TypeVar("Result")


class Unparsable(Exception):
    """The parser's error: its message, and the character that it points at (None: the end)."""

    def __init__(self, message: str, index: int | None) -> None:
        super().__init__(message)
        self.message = message
        self.index = index


class Parsed(NamedTuple):
    """One statement's tree and where it stands in the text: characters [start, end)."""

    start: int
    end: int
    node: Any


def parse_sql(text: str) -> list[Parsed]:
    """Parse statements; raise Unparsable, or ScriptError for a text that cannot be handled."""
    refuse_nul(text)
    if row_assignment.is_possible(text):
        _refuse_explosion(text)
    parse = loader.pglast().parser.parse_sql
    if text.isascii():
        return _located(_run(parse, text, len(text)), len(text))
    data = encode(text)
    outside = len(data) - len(data.translate(None, _HIGH))
    if outside * (len(data) - outside) <= _SLOW_PRODUCT:
        return _located(_run(parse, text, len(data)), len(text))
    return _parse_rewritten(text, data)


def _refuse_explosion(text: str) -> None:
    data = encode(text)
    try:
        tokens = scan(data)
        if tokens is None:
            # Names do not matter here, but dollar quotes must stay as different as they are.
            spelled = "".join(c if c.isascii() else f"_{ord(c):x}_" for c in text)
            tokens = scan(spelled.encode()) or []
    except Unparsable:
        # What cannot be scanned cannot be parsed either, and has no tree.
        return
    row_assignment.refuse_explosion(tokens)


def split(data: bytes) -> list[tuple[int, int]]:
    """Find the statements by the parser's scanner, without building trees: byte ranges.

    The scanner knows quotes, comments and parentheses. It does not know BEGIN ATOMIC bodies,
    at whose semicolons it splits too, and it leaves out what contains no keyword at all.
    Where it cannot be used on this text, all of it is one range.
    """
    masked = mask(data)
    if masked is None:
        return [(0, len(data))]
    parser = loader.pglast().parser
    try:
        slices: tuple[slice, ...] = _run(
            lambda text: parser.split(text, with_parser=False, only_slices=True),
            masked,
            len(data),
            recursive=False,
        )
    except Unparsable as error:
        raise _unmasked(error, data) from error
    return [(found.start, found.stop) for found in slices]


def scan(data: bytes) -> list[Any] | None:
    """Return pglast's tokens, their positions in bytes; None where that cannot be done."""
    masked = mask(data)
    if masked is None:
        return None
    tokens: list[Any] = _run(loader.pglast().parser.scan, masked, len(data), recursive=False)
    return tokens


def _unmasked(error: Unparsable, data: bytes) -> Unparsable:
    """Return the error as it is about the original: its words, and its index in characters."""
    if error.index is None or data.isascii():
        return error
    index = len(data[: error.index].decode(errors="ignore"))
    what, near, _ = error.message.partition(' at or near "')
    if near:
        rest = data[error.index :].decode(errors="ignore")
        return Unparsable(_shortened(f'{what}{near}{rest}"'), index)
    return Unparsable(error.message, index)


def refuse_nul(text: str) -> None:
    """Raise ScriptError for a NUL: the parser takes C strings and would read on no further."""
    if "\0" in text:
        raise ScriptError(
            "22021",
            "schema changes contain a NUL character",
            f"at character {text.index(chr(0)) + 1}",
            "remove it, or read the file in the encoding that it was written in",
        )


def encode(text: str) -> bytes:
    """Return UTF-8; raise ScriptError for what is no text that a database can store."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ScriptError(
            "22021",
            "schema changes contain a character that is not valid Unicode",
            f"lone surrogate U+{ord(text[error.start]):04X} at character {error.start + 1}",
            "read the file in the encoding that it was written in",
        ) from error


_HIGH = bytes(range(128, 256))


def _run(parse: Callable[[str], Result], text: str, size: int, recursive: bool = True) -> Result:
    if size <= DIRECT_BYTES:
        return _call(parse, text)
    if _LONG_RUN in text.encode().translate(_RUN_MARKS):
        raise ScriptError(
            "54000",
            f"more than {OPERATOR_RUN} operator characters in a row",
            "the parser's scanner takes quadratic time for such runs",
            "shorten the row of characters like = * / - in the comment or string",
        )
    if not recursive:
        return _call(parse, text)
    stack = min(_STACK_BASE + _STACK_PER_BYTE * size, _STACK_LARGEST)
    return call_with_stack(stack, lambda: _call(parse, text))


def _call(parse: Callable[[str], Result], text: str) -> Result:
    try:
        return parse(text)
    except loader.pglast().parser.ParseError as error:
        message, index = error.args
        if not text.isascii():
            index = _error_index(parse, text, index)
        raise Unparsable(_shortened(message), index) from error


def _error_index(parse: Callable[[str], object], text: str, claimed: int | None) -> int | None:
    """Find the character at which parsing a text outside ASCII fails.

    The grammar reports characters, pglast takes them for bytes and converts them once more. The
    masked text fails at the same token, and there a byte is a character.
    """
    data = text.encode()
    masked = mask(data)
    if masked is None:
        return claimed
    try:
        parse(masked)
    except loader.pglast().parser.ParseError as error:
        place: int | None = error.args[1]
        return None if place is None else len(data[:place].decode(errors="ignore"))
    return claimed


def _shortened(message: str) -> str:
    """Cut what "at or near" quotes: all the rest, where a string or comment is not closed."""
    return message if len(message) <= _MESSAGE_LENGTH else f"{message[:_MESSAGE_LENGTH]}..."


def _located(statements: tuple[Any, ...], length: int) -> list[Parsed]:
    return [
        Parsed(
            found.stmt_location,
            found.stmt_location + found.stmt_len if found.stmt_len else length,
            found.stmt,
        )
        for found in statements
    ]


def _parse_rewritten(text: str, data: bytes) -> list[Parsed]:
    parse = loader.pglast().parser.parse_sql
    try:
        tokens = scan(data)
    except Unparsable:
        return _located(_run(parse, text, len(data)), len(text))
    rewritten: Rewritten | None = rewrite(data, tokens) if tokens is not None else None
    if rewritten is None:
        if len(data) ** 2 // 4 > _TOO_SLOW_PRODUCT:
            raise ScriptError(
                "54000",
                "too many characters outside ASCII in so long a statement",
                f"the statement has {len(data)} bytes, and a form that cannot be simplified",
                "split the statement into shorter ones",
            )
        return _located(_run(parse, text, len(data)), len(text))
    try:
        found = _located(_run(parse, rewritten.text, len(rewritten.text)), len(rewritten.text))
    except Unparsable:
        # The original fails as well, in its own words, and before any tree is converted.
        return _located(_run(parse, text, len(data)), len(text))
    return [
        Parsed(rewritten.original(one.start), rewritten.original(one.end), one.node)
        for one in found
    ]
