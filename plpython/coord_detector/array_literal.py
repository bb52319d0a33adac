"""PostgreSQL's array literals, read as the server's ``text[]`` input reads them.

Drivers send a list as an untyped parameter, which the server resolves to ``text``; so changes
that begin with a brace are taken for an array. No SQL begins with one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .script_error import ScriptError

_SPACES = " \t\n\r\f\v"
_MOST_DIMENSIONS = 6


class _Token(NamedTuple):
    """A brace, a comma, an element (``value`` is its text) or a NULL (``value`` is None)."""

    kind: str
    value: str | None = None


def is_array_literal(text: str) -> bool:
    return text.lstrip(_SPACES).startswith("{")


def parse_array_literal(text: str) -> list[str | None]:
    """Return the elements of all dimensions in order, as ``unnest`` does."""
    tokens = _tokens(text)
    elements: list[str | None] = []
    counts: list[int] = []
    sizes: dict[int, int] = {}
    dimensions = 0
    expect_delimiter = False
    while True:
        token = next(tokens)
        if token.kind == "{":
            if expect_delimiter:
                raise _malformed('Unexpected "{" character.')
            if len(counts) >= _MOST_DIMENSIONS:
                raise _malformed(f"The array has more than {_MOST_DIMENSIONS} dimensions.")
            counts.append(0)
            if len(counts) > dimensions:
                if elements or sizes:
                    raise _ragged()
                dimensions = len(counts)
        elif token.kind == "}":
            if counts[-1] > 0 and not expect_delimiter:
                raise _malformed('Unexpected "}" character.')
            size = counts.pop()
            if sizes.setdefault(len(counts), size) != size:
                raise _ragged()
            if not counts:
                break
            counts[-1] += 1
            expect_delimiter = True
        elif token.kind == ",":
            if not expect_delimiter:
                raise _malformed('Unexpected "," character.')
            expect_delimiter = False
        else:
            if expect_delimiter:
                raise _malformed("Unexpected array element.")
            if len(counts) != dimensions:
                raise _ragged()
            elements.append(token.value)
            counts[-1] += 1
            expect_delimiter = True
    if next(tokens, None) is not None:
        raise _malformed("Junk after closing right brace.")
    return elements


def _tokens(text: str) -> Iterator[_Token]:
    """Cut the literal into tokens; one more of kind "junk" where text follows the last brace."""
    depth = 0
    at = 0
    while True:
        while at < len(text) and text[at] in _SPACES:
            at += 1
        if at == len(text):
            if depth == 0:
                return
            raise _malformed("Unexpected end of input.")
        character = text[at]
        if character in "{},":
            depth += {"{": 1, "}": -1, ",": 0}[character]
            yield _Token(character)
            at += 1
        elif depth == 0:
            yield _Token("junk")
            return
        elif character == '"':
            value, at = _quoted(text, at + 1)
            yield _Token("element", value)
        else:
            unquoted, at = _unquoted(text, at)
            yield _Token("element", unquoted)


def _quoted(text: str, at: int) -> tuple[str, int]:
    parts: list[str] = []
    start = at
    while at < len(text):
        character = text[at]
        if character == "\\":
            parts.append(text[start:at])
            start = at + 1
            at += 2
        elif character == '"':
            parts.append(text[start:at])
            at += 1
            while at < len(text) and text[at] in _SPACES:
                at += 1
            if at < len(text) and text[at] not in "{},":
                raise _malformed("Incorrectly quoted array element.")
            return "".join(parts), at
        else:
            at += 1
    raise _malformed("Unexpected end of input.")


def _unquoted(text: str, at: int) -> tuple[str | None, int]:
    parts: list[str] = []
    length = 0
    escaped = False
    while at < len(text):
        character = text[at]
        if character == "{":
            raise _malformed('Unexpected "{" character.')
        if character == '"':
            raise _malformed("Incorrectly quoted array element.")
        if character in ",}":
            value = "".join(parts[:length])
            return (None if not escaped and value.upper() == "NULL" else value), at
        if character == "\\":
            escaped = True
            at += 1
            if at == len(text):
                break
            character = text[at]
            parts.append(character)
            length = len(parts)
        else:
            parts.append(character)
            if character not in _SPACES:
                length = len(parts)
        at += 1
    raise _malformed("Unexpected end of input.")


def _malformed(detail: str) -> ScriptError:
    return ScriptError(
        "22P02",
        "malformed array literal",
        f"{detail} Schema changes that begin with a brace are taken for an array of text.",
        "give the DDL as a plain string, or a valid array: ARRAY['ALTER TABLE ...', '...']",
    )


def _ragged() -> ScriptError:
    return _malformed("Multidimensional arrays must have sub-arrays with matching dimensions.")
