"""The pieces of SQL in PL/pgSQL source, and the frames around them: blocks, loops, IF, CASE."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from ..room import Room
from ..script import noop
from .builtin_names import words
from .collector import Variables
from .plpgsql_values import ValueReader

PieceKind = Literal["expression", "query", "dynamic", "type", "row type", "column type"]


class Piece(NamedTuple):
    """One piece of SQL in a body, or a type that a declaration names."""

    kind: PieceKind
    text: str


class _Frame:
    """A block, loop, IF or CASE that is open where the reader is, and what it declares."""

    __slots__ = (
        "kind",
        "declared",
        "is_dead",
        "is_certain",
        "is_settled",
        "is_repeated",
        "lies_dead",
    )

    def __init__(self, kind: str, lies_dead: bool = False) -> None:
        self.kind = kind
        self.lies_dead = lies_dead
        """A frame around it is not reached."""
        self.declared: list[str] = []
        self.is_repeated = False
        """A loop that is read once for each of its values."""
        self.is_dead = False
        """What follows in it is not reached with these values."""
        self.is_certain = kind == "block"
        """What follows in it is reached whenever the frame is."""
        self.is_settled: bool | None = False
        """Of IF: whether a branch before this one is taken, None when that is not known."""

    def branch(self, truth: bool | None) -> None:
        """The next branch of IF begins, whose condition is true, false or not known."""
        self.is_dead = self.is_settled is True or truth is False
        self.is_certain = self.is_settled is False and truth is True
        if truth:
            self.is_settled = True
        elif truth is None and not self.is_settled:
            self.is_settled = None


_PLAIN_WORDS = frozenset(("and", "or", "not", "null", "true", "false", "is"))
_PLAIN_SYMBOLS = words("+ - * / % = < > <> != <= >= || . ,")
_PLAIN_STARTS = frozenset("'0123456789$")


_DEEPEST = 20
"""So many frames are looked through for the loop that CONTINUE belongs to."""


class PieceReader(ValueReader):
    """Reads what statements are made of.

    ``variables`` changes while it reads: each piece must be looked at before the next is read.
    """

    def __init__(
        self,
        body: str,
        variables: Variables,
        interrupts: Callable[[], None] = noop,
        room: Room | None = None,
    ) -> None:
        super().__init__(body, variables, room or Room())
        self._interrupts = interrupts
        self._frames = [_Frame("routine")]
        self._label: str | None = None

    # ---------------------------------------------------------------- frames

    def _open(self, kind: str, names: Iterable[str] = ()) -> None:
        self._frames.append(_Frame(kind, self._is_dead()))
        for name in names:
            self._declare_name(name)
        if self._label:
            # A label can stand in front of a variable as an alias stands before a column.
            self._declare_name(self._label)
            self._label = None

    def _declare_name(self, name: str) -> None:
        self._frames[-1].declared.append(name)
        self.variables.declare(name)

    def _piece(self, kind: PieceKind, text: str) -> Iterator[Piece]:
        if text:
            yield Piece(kind, text)

    def _leave_loop(self) -> None:
        """CONTINUE or EXIT: nothing more of the loop is reached, if this is for certain."""
        left: list[_Frame] = []
        for frame in self._frames[: -_DEEPEST - 1 : -1]:
            left.append(frame)
            if frame.kind == "loop" and frame.is_repeated:
                for one in left:
                    one.is_dead = True
            if not frame.is_certain:
                return

    def _is_dead(self) -> bool:
        """Whether the values that a loop is read for do not lead here."""
        return self._frames[-1].is_dead or self._frames[-1].lies_dead

    # ---------------------------------------------------------------- pieces

    def _expression_until(self, *words: str) -> Iterator[Piece]:
        return self._expression(self._find(*words))

    def _expression(self, end: int) -> Iterator[Piece]:
        """An expression up to a place; most have nothing in them but variables."""
        start, self._at = self._at, end
        if not self._is_plain(start, end):
            yield from self._piece("expression", self._text(start, end))

    def _is_plain(self, start: int, end: int) -> bool:
        """Tell that nothing is used here: constants, operators of PostgreSQL's own, variables.

        No table is in sight, so that a name between two symbols is a variable, known or not.
        """
        is_operand = True
        for index in range(start, end):
            token = self._tokens[index]
            word = token.word
            if token.is_name and word not in _PLAIN_WORDS:
                is_alone = is_operand and (
                    index + 1 == end or self._tokens[index + 1].word in _PLAIN_SYMBOLS
                )
                if not is_alone and word not in self.variables:
                    return False
                is_operand = False
            elif token.is_name or word in _PLAIN_SYMBOLS:
                is_operand = True
            elif word[0] in _PLAIN_STARTS:
                is_operand = False
            else:
                return False
        return True

    def _declared_type(self, *ends: str) -> Iterator[Piece]:
        start = self._at
        self._at = self._find(*ends)
        last = self._at
        text = self._text(start, last)
        for index in range(start, last - 1):
            if self._tokens[index].word == "%":
                text = self._text(start, index)
                first = self._folded(self._tokens[start])
                if self._tokens[index + 1].word == "rowtype":
                    yield from self._piece("row type", text)
                elif index > start + 1 and first not in self.variables:
                    yield from self._piece("column type", text)
                return
        yield from self._piece("type", text)

    def _dynamic(self, end: str) -> Iterator[Piece]:
        """EXECUTE's command, then INTO and USING in either order."""
        command = self._until("into", "using", end)
        if not self._is_dead():
            yield from self._piece("dynamic", command)
        while self._word() != end:
            if self._accept("into"):
                self._until("using", end)
            else:
                self._expect("using")
                yield from self._expression_until("into", end)

    def _arguments(self, end: str) -> Iterator[Piece]:
        """A cursor's arguments in parentheses; ``name := value`` is a named one."""
        if self._accept("("):
            closing = self._closing()
            while self._at < closing:
                if self._word(1) in (":=", "=>"):
                    self._at += 2
                stop = self._next_comma(closing)
                yield from self._expression(stop)
                self._at = stop + 1
            self._at = closing + 1
        self._until(end)

    def _options(self) -> Iterator[Piece]:
        while True:
            self._name()
            if not self._accept(":="):
                self._expect("=")
            yield from self._expression_until(",", ";")
            if not self._accept(","):
                return
