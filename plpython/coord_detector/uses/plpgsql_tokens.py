"""PL/pgSQL source as a row of tokens, and a place in it that moves on."""

from __future__ import annotations

from typing import NamedTuple

from .. import safe_parser


class UnreadableBody(Exception):
    """The body is not PL/pgSQL as this reader knows it."""


class Token(NamedTuple):
    word: str
    """Lower-case spelling; a quoted name keeps its quotes, so that it matches no keyword."""
    start: int
    end: int
    is_name: bool


_NOT_NAMES = frozenset(("SCONST", "BCONST", "XCONST", "USCONST", "FCONST", "ICONST", "PARAM", "Op"))
BEFORE_A_STATEMENT = frozenset((";", "begin", "then", "else", "loop"))

_OPENING = frozenset("([")
_CLOSING = frozenset(")]")


class TokenReader:
    """Reads tokens one after the other, and the source between two of them."""

    def __init__(self, body: str) -> None:
        self._data = body.encode()
        self._tokens = self._scan()
        self._at = 0

    def _scan(self) -> list[Token]:
        found = safe_parser.scan(self._data)
        if found is None:
            raise UnreadableBody("its characters cannot be scanned")
        tokens: list[Token] = []
        for token in found:
            if token.name in ("SQL_COMMENT", "C_COMMENT"):
                continue
            text = self._data[token.start : token.end + 1].decode()
            is_name = token.name not in _NOT_NAMES and (text[0].isalpha() or text[0] in '_"')
            tokens.append(Token(text.lower(), token.start, token.end + 1, is_name))
        return tokens

    def _word(self, ahead: int = 0) -> str:
        index = self._at + ahead
        return self._tokens[index].word if index < len(self._tokens) else ""

    def _is_name(self, ahead: int = 0) -> bool:
        index = self._at + ahead
        return index < len(self._tokens) and self._tokens[index].is_name

    def _accept(self, *words: str) -> bool:
        for offset, word in enumerate(words):
            if self._word(offset) != word:
                return False
        self._at += len(words)
        return True

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise UnreadableBody(f"{word!r} expected, not {self._word()!r}")

    def _name(self) -> str:
        if not self._is_name():
            raise UnreadableBody(f"a name expected, not {self._word()!r}")
        token = self._tokens[self._at]
        self._at += 1
        return self._folded(token)

    def _folded(self, token: Token) -> str:
        if token.word[0] == '"':
            text = self._data[token.start : token.end].decode()
            return text[1:-1].replace('""', '"')
        return token.word

    def _text(self, start: int, end: int) -> str:
        """The source of the tokens from ``start`` up to ``end``, without the latter."""
        if start >= end:
            return ""
        return self._data[self._tokens[start].start : self._tokens[end - 1].end].decode()

    def _find(self, *words: str) -> int:
        """The next of these words outside parentheses."""
        depth = 0
        for index in range(self._at, len(self._tokens)):
            word = self._tokens[index].word
            if word in _OPENING:
                depth += 1
            elif word in _CLOSING:
                depth -= 1
            elif depth == 0 and word in words:
                return index
        raise UnreadableBody(f"{' or '.join(words)!r} missing")

    def _until(self, *words: str) -> str:
        """The source up to the next of these words, which is left to be read."""
        end = self._find(*words)
        text = self._text(self._at, end)
        self._at = end
        return text

    def _closing(self) -> int:
        """The parenthesis that closes the one that was opened before here."""
        depth = 0
        for index in range(self._at, len(self._tokens)):
            word = self._tokens[index].word
            if word in _OPENING:
                depth += 1
            elif word in _CLOSING:
                if depth == 0:
                    return index
                depth -= 1
        raise UnreadableBody("a parenthesis is not closed")

    def _next_comma(self, end: int) -> int:
        """The next comma outside parentheses before ``end``, or the end."""
        depth = 0
        for index in range(self._at, end):
            word = self._tokens[index].word
            if word in _OPENING:
                depth += 1
            elif word in _CLOSING:
                depth -= 1
            elif depth == 0 and word == ",":
                return index
        return end

    def _is_assignment(self) -> bool:
        if not self._is_name() and not self._word().startswith("$"):
            return False
        ahead = 1
        while True:
            word = self._word(ahead)
            if word in (":=", "="):
                return True
            if word == ".":
                ahead += 2
            elif word == "[":
                depth = 1
                while depth and self._at + ahead < len(self._tokens):
                    ahead += 1
                    depth += (self._word(ahead) == "[") - (self._word(ahead) == "]")
                ahead += 1
            else:
                return False

    def _subscripts(self, start: int, end: int) -> list[str]:
        """``[1]`` or ``[1:2]``, either side of which may be missing."""
        colon = next((i for i in range(start, end) if self._tokens[i].word == ":"), None)
        if colon is None:
            return [self._text(start, end)]
        return [self._text(start, colon), self._text(colon + 1, end)]
