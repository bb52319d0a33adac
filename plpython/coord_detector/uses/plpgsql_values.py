"""What variables of a PL/pgSQL body hold for certain, as far as EXECUTE makes use of it.

A variable is known when nothing but one place of the body gives it a value. A loop over known
values is read once for each of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property

from .. import safe_parser
from ..room import Room
from .collector import Variables
from .constants import Rows, constant_text, elements_of, numbers, rows_of, truth_of, value_of
from .plpgsql_tokens import BEFORE_A_STATEMENT, TokenReader

_STARTS = BEFORE_A_STATEMENT | {"declare", ">>"}

_MOST_TOKENS = 200
"""An expression longer than this is not worked out."""

_MOST_NESTED = 4

_ASSIGNING = frozenset((":=", "=", ".", "["))


class ValueReader(TokenReader):
    """Works out values of variables, within what there is room for."""

    def __init__(self, body: str, variables: Variables, room: Room) -> None:
        super().__init__(body)
        self.variables = variables
        self.repeats = 0
        """Loops around here that have been read for another value already."""
        self._nested = 0
        self._room = room
        self._once: set[str] = set()

    # ---------------------------------------------------------------- what stands where

    @cached_property
    def _executes(self) -> list[int]:
        """Where commands are run that may have been put together."""
        return [index for index, token in enumerate(self._tokens) if token.word == "execute"]

    @cached_property
    def _loop_ends(self) -> dict[int, int]:
        """Where the loop ends that begins with the LOOP at a place."""
        ends: dict[int, int] = {}
        begun: list[int] = []
        for index, token in enumerate(self._tokens):
            if token.word != "loop":
                continue
            if index and self._tokens[index - 1].word == "end":
                if begun:
                    ends[begun.pop()] = index
            else:
                begun.append(index)
        return ends

    @cached_property
    def _assignments(self) -> Counter[str]:
        """How many places of the body may give a value to the variable of a name."""
        found: Counter[str] = Counter()
        before, within = ";", ""
        for index, token in enumerate(self._tokens):
            word = token.word
            if within == "call":
                found[word] += 1
            if word in ("into", "call", "get"):
                within = word
            elif token.is_name and (
                (before in _STARTS and self._next(index) in _ASSIGNING)
                or before in ("into", "strict", "diagnostics", "stacked")
                or (before == "," and within in ("into", "get"))
            ):
                found[self._folded(token)] += 1
            elif word in _STARTS:
                within = ""
            before = word
        return found

    def _next(self, index: int) -> str:
        return self._tokens[index + 1].word if index + 1 < len(self._tokens) else ""

    # ---------------------------------------------------------------- values

    def _declared(self, name: str, start: int, end: int) -> None:
        """A variable was declared, with the expression between two places as its value if any."""
        given = self._assignments[name] if self._executes else 1
        if start < end:
            if not given:
                self._assign(name, start, end)
        elif given == 1:
            self._once.add(name)

    def _assigned(self, name: str, start: int, end: int) -> None:
        if name in self._once and self._executes:
            self._assign(name, start, end)

    def _assign(self, name: str, start: int, end: int) -> None:
        self.variables.unbind(name)
        target = self._target(start, end)
        value = None if target is None else value_of(target, self.variables.values)
        if value is None:
            return
        if self._room.take(len(value) if isinstance(value, str) else sum(map(len, value))):
            self.variables.bind(value, name)

    def _target(self, start: int, end: int) -> object:
        """The tree of the expression between two places, if it is one of a reasonable length."""
        select = self._select("SELECT ", start, end)
        targets = getattr(select, "targetList", None)
        return targets[0].val if targets and len(targets) == 1 else None

    def _select(self, before: str, start: int, end: int) -> object:
        if not start < end <= start + _MOST_TOKENS:
            return None
        try:
            parsed = safe_parser.parse_sql(before + self._text(start, end))
        except safe_parser.Unparsable:
            # Whoever reads it for what it uses says so.
            return None
        return parsed[0].node if len(parsed) == 1 else None

    def _text_of(self, start: int, end: int) -> str | None:
        return constant_text(self._target(start, end), self.variables.values)

    def _truth(self, start: int, end: int) -> bool | None:
        """Whether a condition holds for the value that a loop is read for."""
        if not self._nested:
            return None
        return truth_of(self._target(start, end), self.variables.values)

    # ---------------------------------------------------------------- loops

    def _counted(self, first: int, dots: int, by: int, end: int) -> Rows | None:
        """The numbers of an integer loop: ``first``, the two dots, the last one, BY, LOOP."""
        if not self._is_followed(end):
            return None
        down = self._tokens[first - 1].word == "reverse"
        step = self._text_of(by + 1, end) if by < end else "1"
        found = numbers(self._text_of(first, dots), self._text_of(dots + 1, by), step, down)
        return None if found is None else Rows(("",), [(number,) for number in found])

    def _elements(self, start: int, end: int) -> Rows | None:
        if not self._is_followed(end):
            return None
        found = elements_of(self._target(start, end), self.variables.values)
        return None if found is None else Rows(("",), [(element,) for element in found])

    def _queried(self, start: int, end: int) -> Rows | None:
        if not self._is_followed(end):
            return None
        return rows_of(self._select("", start, end), self.variables.values)

    def _is_followed(self, loop: int) -> bool:
        """Whether anything in a loop depends on its values so that they are worth a look."""
        end = self._loop_ends.get(loop)
        if end is None or self._nested >= _MOST_NESTED:
            return False
        place = bisect_left(self._executes, loop)
        return place < len(self._executes) and self._executes[place] < end

    def _has_room(self, targets: Iterable[str], rows: int) -> bool:
        """Whether the loop that begins here may be read for each of so many rows."""
        if not rows or any(self._assignments[name] for name in targets):
            return False
        last = self._tokens[self._loop_ends[self._at - 1]]
        return self._room.take((rows - 1) * (last.end - self._tokens[self._at - 1].start))

    def _bind_row(self, targets: Sequence[str], names: Sequence[str], row: Sequence[str]) -> None:
        """A row goes into variables, or into one record."""
        bind = self.variables.bind
        if len(targets) == len(row):
            for target, value in zip(targets, row, strict=True):
                bind(value, target)
        if len(targets) == 1:
            for name, value in zip(names, row, strict=True):
                bind(value, targets[0], name)
