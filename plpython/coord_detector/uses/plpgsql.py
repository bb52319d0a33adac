"""PL/pgSQL source -> the SQL in it, with the variables that are in sight there.

The parser library can compile PL/pgSQL too, but it does so without a catalog: it refuses an
assignment to a field of a ``%ROWTYPE`` variable and every type of a schema other than public,
and it forgets which types were declared. PL/pgSQL itself hardly has a grammar: its statements
are told by their first word, and what they embed reaches to the next THEN, LOOP or semicolon
outside parentheses, whatever it may be. That is how the server reads it, and so does this,
on the tokens of the same scanner; the pieces are then parsed by the real parser.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .constants import Rows
from .plpgsql_pieces import Piece, PieceReader
from .plpgsql_tokens import UnreadableBody

_RAISE_LEVELS = frozenset(("debug", "log", "info", "notice", "warning", "exception"))
_HANDLER_VARIABLES = ("sqlstate", "sqlerrm")


class BodyReader(PieceReader):
    """Reads one body from its beginning to its end, and loops over known values once for each."""

    def read(self) -> Iterator[Piece]:
        while self._accept("#"):
            self._at += 2
        while self._at < len(self._tokens):
            self._interrupts()
            yield from self._statement()
        if len(self._frames) > 1:
            raise UnreadableBody("it ends too early")

    def _statement(self) -> Iterator[Piece]:
        word = self._word()
        if word == ";":
            # After the last END.
            self._at += 1
        elif word == "<<":
            self._at += 1
            self._label = self._name()
            self._expect(">>")
        elif self._is_assignment():
            yield from self._assignment()
        else:
            method = _STATEMENTS.get(word)
            yield from method(self) if method is not None else self._sql()

    def _declare(self) -> Iterator[Piece]:
        self._at += 1
        self._open("block")
        while not self._accept("begin"):
            if not self._accept("declare"):
                yield from self._declaration()

    def _begin(self) -> Iterator[Piece]:
        self._at += 1
        self._open("block")
        return iter(())

    def _declaration(self) -> Iterator[Piece]:
        name = self._name()
        if self._accept("alias", "for"):
            self._until(";")
        elif self._word() in ("cursor", "scroll", "no"):
            yield from self._cursor()
        else:
            self._accept("constant")
            yield from self._declared_type(";", ":=", "=", "default", "not", "collate")
            self._until(";", ":=", "=", "default")
            start = self._at + 1
            if self._word() != ";":
                self._at += 1
                yield from self._expression_until(";")
            self._declare_name(name)
            self._declared(name, start, self._at)
            self._expect(";")
            return
        self._expect(";")
        self._declare_name(name)

    def _cursor(self) -> Iterator[Piece]:
        self._accept("no")
        self._accept("scroll")
        self._expect("cursor")
        arguments: list[str] = []
        if self._accept("("):
            end = self._closing()
            while not self._accept(")"):
                arguments.append(self._name())
                comma = self._next_comma(end)
                yield from self._piece("type", self._text(self._at, comma))
                self._at = comma
                self._accept(",")
        if not self._accept("for"):
            self._expect("is")
        for argument in arguments:
            self.variables.declare(argument)
        yield from self._piece("query", self._until(";"))
        self.variables.forget(arguments)

    def _exception(self) -> Iterator[Piece]:
        self._at += 1
        for name in _HANDLER_VARIABLES:
            self._declare_name(name)
        self._frames[-1].is_certain = False
        return iter(())

    def _when(self) -> Iterator[Piece]:
        self._at += 1
        text = self._until("then")
        self._at += 1
        if self._frames[-1].kind == "case":
            # The server compares with IN, so a list is allowed.
            yield from self._piece("expression", f"ARRAY[{text}]")

    def _end(self) -> Iterator[Piece]:
        self._at += 1
        if len(self._frames) == 1:
            raise UnreadableBody("END without a beginning")
        frame = self._frames.pop()
        self.variables.forget(frame.declared)
        if frame.kind in ("if", "case", "loop"):
            self._expect(frame.kind)
        if self._is_name():
            self._at += 1
        if self._at < len(self._tokens):
            self._expect(";")
        return iter(())

    def _if(self) -> Iterator[Piece]:
        if self._word() == "if":
            self._open("if")
        self._at += 1
        start = self._at
        yield from self._expression_until("then")
        self._frames[-1].branch(self._truth(start, self._at))
        self._at += 1

    def _else(self) -> Iterator[Piece]:
        self._at += 1
        if self._frames[-1].kind == "if":
            self._frames[-1].branch(True)
        return iter(())

    def _case(self) -> Iterator[Piece]:
        self._at += 1
        self._open("case")
        yield from self._expression_until("when")

    def _loop(self) -> Iterator[Piece]:
        self._at += 1
        self._open("loop")
        return iter(())

    def _while(self) -> Iterator[Piece]:
        self._at += 1
        yield from self._expression_until("loop")
        yield from self._loop()

    def _for(self) -> Iterator[Piece]:
        self._at += 1
        targets: list[str] = []
        while self._word() != "in":
            if self._is_name() and self._word(-1) != ".":
                targets.append(self._folded(self._tokens[self._at]))
            self._at += 1
            if self._at >= len(self._tokens):
                raise UnreadableBody("FOR without IN")
        self._at += 1
        end = self._find("loop")
        rows: Rows | None = None
        if self._accept("execute"):
            yield from self._dynamic("loop")
        elif any(token.word == ".." for token in self._tokens[self._at : end]):
            self._accept("reverse")
            first = self._at
            yield from self._expression_until("..")
            dots = self._at
            self._at += 1
            yield from self._expression_until("by", "loop")
            rows = self._counted(first, dots, self._at, end)
            if self._accept("by"):
                yield from self._expression_until("loop")
        elif self._is_name() and self._word(1) in ("loop", "("):
            # A cursor variable, with arguments perhaps; a query begins with two words at least.
            if self._word() in ("values", "select", "explain"):
                rows = self._queried(self._at, end)
                yield from self._piece("query", self._until("loop"))
            else:
                self._at += 1
                yield from self._arguments("loop")
        else:
            rows = self._queried(self._at, end)
            yield from self._piece("query", self._until("loop"))
        self._expect("loop")
        yield from self._over(targets, rows)

    def _over(self, targets: Sequence[str], rows: Rows | None) -> Iterator[Piece]:
        """What is in a loop, for each of its rows when these are known."""
        if rows is None or not self._has_room(targets, len(rows.rows)):
            self._open("loop", targets)
            return
        start, depth, label = self._at, len(self._frames), self._label
        self._nested += 1
        for number, row in enumerate(rows.rows):
            self._at, self._label = start, label
            self._open("loop", targets)
            self._frames[-1].is_repeated = True
            self._bind_row(targets, rows.names, row)
            self.repeats += number == 1
            while len(self._frames) > depth:
                if self._at >= len(self._tokens):
                    raise UnreadableBody("it ends too early")
                self._interrupts()
                yield from self._statement()
        self.repeats -= len(rows.rows) > 1
        self._nested -= 1

    def _foreach(self) -> Iterator[Piece]:
        self._at += 1
        targets = [self._name()]
        is_whole = self._word() == "in"
        self._until("array")
        self._at += 1
        start = self._at
        yield from self._expression_until("loop")
        rows = self._elements(start, self._at) if is_whole else None
        self._expect("loop")
        yield from self._over(targets, rows)

    def _exit(self) -> Iterator[Piece]:
        self._at += 1
        is_this_loop = self._word() in ("when", ";")
        self._until("when", ";")
        truth: bool | None = True
        if self._accept("when"):
            start = self._at
            yield from self._expression_until(";")
            truth = self._truth(start, self._at)
        if is_this_loop and truth:
            self._leave_loop()
        self._at += 1

    def _return(self) -> Iterator[Piece]:
        self._at += 1
        if self._accept("query"):
            if self._accept("execute"):
                yield from self._dynamic(";")
            else:
                yield from self._piece("query", self._until(";"))
        else:
            self._accept("next")
            yield from self._expression_until(";")
        self._at += 1

    def _raise(self) -> Iterator[Piece]:
        self._at += 1
        if self._word() in _RAISE_LEVELS:
            self._at += 1
        self._until(",", "using", ";")
        while self._accept(","):
            yield from self._expression_until(",", "using", ";")
        if self._accept("using"):
            yield from self._options()
        self._at += 1

    def _assert(self) -> Iterator[Piece]:
        self._at += 1
        yield from self._expression_until(";")
        self._at += 1

    def _perform(self) -> Iterator[Piece]:
        self._at += 1
        yield from self._piece("query", "SELECT " + self._until(";"))
        self._at += 1

    def _execute(self) -> Iterator[Piece]:
        self._at += 1
        yield from self._dynamic(";")
        self._at += 1

    def _open_cursor(self) -> Iterator[Piece]:
        self._at += 1
        self._name()
        self._accept("no")
        self._accept("scroll")
        if self._accept("for"):
            if self._accept("execute"):
                yield from self._dynamic(";")
            else:
                yield from self._piece("query", self._until(";"))
        else:
            yield from self._arguments(";")
        self._at += 1

    def _skip(self) -> Iterator[Piece]:
        """FETCH, MOVE, CLOSE, GET DIAGNOSTICS, NULL, COMMIT, ROLLBACK: variables only."""
        self._until(";")
        self._at += 1
        return iter(())

    def _assignment(self) -> Iterator[Piece]:
        if self._word() in ("new", "old") and self._word(1) == ".":
            # A field of a trigger's row is a column of its table.
            yield from self._piece("expression", self._text(self._at, self._at + 3))
        name = self._folded(self._tokens[self._at]) if self._word(1) in (":=", "=") else ""
        while self._word() not in (":=", "="):
            self._at += 1
            if self._word(-1) == "[":
                closing = self._closing()
                for text in self._subscripts(self._at, closing):
                    yield from self._piece("expression", text)
                self._at = closing
        self._at += 1
        start = self._at
        yield from self._expression_until(";")
        if not self._is_dead():
            self._assigned(name, start, self._at)
        self._at += 1

    def _sql(self) -> Iterator[Piece]:
        """A statement of SQL, without the INTO that names variables."""
        start = self._at
        first = self._word()
        end = self._find(";")
        text = self._text(start, end)
        for index in range(start + 1, end):
            if self._tokens[index].word != "into" or first == "import":
                continue
            if self._tokens[index - 1].word in ("insert", "merge"):
                continue
            after = self._after_targets(index + 1, end)
            text = f"{self._text(start, index)} {self._text(after, end)}"
            break
        self._at = end + 1
        yield from self._piece("query", text)

    def _after_targets(self, at: int, end: int) -> int:
        if self._tokens[at].word == "strict":
            at += 1
        while True:
            at += 1
            while at < end and self._tokens[at].word == ".":
                at += 2
            if at < end and self._tokens[at].word == "[":
                self._at = at + 1
                at = self._closing() + 1
            if at >= end or self._tokens[at].word != ",":
                return at
            at += 1


_STATEMENTS = {
    "declare": BodyReader._declare,
    "begin": BodyReader._begin,
    "exception": BodyReader._exception,
    "when": BodyReader._when,
    "end": BodyReader._end,
    "if": BodyReader._if,
    "elsif": BodyReader._if,
    "elseif": BodyReader._if,
    "else": BodyReader._else,
    "case": BodyReader._case,
    "loop": BodyReader._loop,
    "while": BodyReader._while,
    "for": BodyReader._for,
    "foreach": BodyReader._foreach,
    "exit": BodyReader._exit,
    "continue": BodyReader._exit,
    "return": BodyReader._return,
    "raise": BodyReader._raise,
    "assert": BodyReader._assert,
    "perform": BodyReader._perform,
    "execute": BodyReader._execute,
    "open": BodyReader._open_cursor,
    "fetch": BodyReader._skip,
    "move": BodyReader._skip,
    "close": BodyReader._skip,
    "get": BodyReader._skip,
    "null": BodyReader._skip,
    "commit": BodyReader._skip,
    "rollback": BodyReader._skip,
}
"""Statements by their first word; every other one is SQL."""
