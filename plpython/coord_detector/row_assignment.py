"""``SET (a, b, …) = …``: refused where its tree would be out of all proportion to its text.

The parser hangs the whole right side below each column of the left side. Converted to Python
objects it becomes a copy for each: 10 kB with 1,000 columns take 6 s and 400 MB, 45 kB take
minutes, and assignments nested in each other multiply: forty levels of two columns would never
end. So the tree's excess is computed from the tokens before anything is parsed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .script_error import ScriptError

MOST_COPIES = 300_000
"""Tokens that the tree would hold beyond those of the text; so many take about a second."""

_OPENING, _CLOSING, _COMMA, _SEMICOLON, _EQUALS = (f"ASCII_{ord(sign)}" for sign in "(),;=")
_COMMENTS = frozenset(("SQL_COMMENT", "C_COMMENT"))


def is_possible(text: str) -> bool:
    """Tell cheaply whether a text may have such an assignment at all."""
    return "=" in text and "," in text and "set" in text.lower()


def refuse_explosion(tokens: Iterable[Any]) -> None:
    """Raise ScriptError when the tree of these tokens would be too large."""
    copied, copies = 0, 1
    before = ""
    closed_columns = 0
    parentheses: list[tuple[bool, int]] = []
    commas = 0
    assignments: list[tuple[int, int]] = []
    for token in tokens:
        name = token.name
        if name in _COMMENTS:
            continue
        copied += copies - 1
        if copied > MOST_COPIES:
            raise ScriptError(
                "54000",
                "a row assignment is too large",
                "SET (column, …) = … repeats its right side for each column in the parse tree",
                "assign the columns one by one, or to fewer columns at once",
            )
        if name == _OPENING:
            parentheses.append((before in ("SET", _COMMA), commas))
            commas = 0
        elif name in (_CLOSING, _COMMA, _SEMICOLON):
            while assignments and assignments[-1][0] >= len(parentheses):
                copies = assignments.pop()[1]
            if name == _COMMA:
                commas += 1
            elif name == _CLOSING and parentheses:
                may_be_assigned, outer_commas = parentheses.pop()
                closed_columns = commas + 1 if may_be_assigned else 1
                commas = outer_commas
        elif name == _EQUALS and before == _CLOSING and closed_columns > 1:
            assignments.append((len(parentheses), copies))
            copies *= closed_columns
        before = name
