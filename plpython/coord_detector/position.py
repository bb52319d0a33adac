"""Where in a text an error is, and how to show it to people."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

_BEFORE = 60
_AFTER = 40
_ELLIPSIS = "..."
_SPACES = " \t\n\r\f\v"


class Position(NamedTuple):
    """A line and a column, both counted from 1, and the line with a caret below it."""

    line: int
    column: int
    excerpt: str


def locate(text: str, index: int | None) -> Position:
    """Describe the character at ``index``; None is the end of the text."""
    if index is None or index >= len(text):
        index = len(text.rstrip(_SPACES))
    line_start = text.rfind("\n", 0, index) + 1
    line_end = text.find("\n", index)
    if line_end < 0:
        line_end = len(text)
    line = text.count("\n", 0, index) + 1
    column = index - line_start + 1
    return Position(line, column, _excerpt(text[line_start:line_end], index - line_start))


def _excerpt(line: str, index: int) -> str:
    """Cut a long line around ``index`` and put a caret below that character."""
    start = max(0, index - _BEFORE)
    end = min(len(line), index + _AFTER)
    before = "".join(map(_printable, line[start:index]))
    after = "".join(map(_printable, line[index:end])).rstrip()
    if start > 0:
        before = _ELLIPSIS + before
    if end < len(line.rstrip()):
        after += _ELLIPSIS
    return f"{before}{after}\n{''.join(map(_padding, before))}^"


def _printable(character: str) -> str:
    """Keep tabs, which the caret's line repeats; no other control character reaches a terminal."""
    if character == "\t" or unicodedata.category(character) not in ("Cc", "Zl", "Zp"):
        return character
    return " "


def _padding(character: str) -> str:
    """Return what is as wide as the character on a terminal."""
    if character == "\t":
        return "\t"
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return ""
    return "  " if unicodedata.east_asian_width(character) in "WF" else " "
