"""Texts outside ASCII in the two forms that spare the parser slow work.

``mask`` keeps every byte's place and the scanner's view of it: a byte of a character outside
ASCII is a letter of an identifier to the scanner, and so is the underscore that stands in for
it. ``rewrite`` spells the characters as Unicode escapes, which gives the same tree.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, NamedTuple

_UNDERSCORE = bytes(byte if byte < 128 else 0x5F for byte in range(256))
_LOWER = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})


class Rewritten(NamedTuple):
    """An equivalent text in ASCII, and pairs of places that lead back to the original."""

    text: str
    places: list[int]
    originals: list[int]

    def original(self, index: int) -> int:
        """Return the original character index of a token's beginning or end."""
        anchor = bisect_right(self.places, index) - 1
        return self.originals[anchor] + index - self.places[anchor]


def mask(data: bytes) -> str | None:
    """Return a text of as many characters as there are bytes, with the same tokens.

    None when there is none: two dollar quotes whose tags differ only outside ASCII would look
    alike, so that one would seem to close the other.
    """
    masked = data.translate(_UNDERSCORE).decode("ascii")
    if b"$" in data and not data.isascii():
        tags: dict[str, bytes] = {}
        for tag, name in zip(data.split(b"$"), masked.split("$"), strict=True):
            if name.isidentifier() and tags.setdefault(name, tag) != tag:
                return None
    return masked


def rewrite(data: bytes, tokens: Sequence[Any]) -> Rewritten | None:
    """Spell every token of ``data`` that is outside ASCII with escapes; None when one resists."""
    parts: list[str] = []
    places = [0]
    originals = [0]
    length = index = done = 0

    def keep(until: int) -> None:
        nonlocal length, index, done
        text = data[done:until].decode()
        parts.append(text)
        length += len(text)
        index += len(text)
        done = until

    after_dollar_quote = False
    for token in tokens:
        source = data[token.start : token.end + 1]
        # N'...' is two tokens that a space would part. A quoted string that a dollar quote
        # becomes would go on with the next one.
        if token.name == "UESCAPE" or source in (b"N", b"n"):
            return None
        if after_dollar_quote and source[:1] == b"'":
            return None
        after_dollar_quote = False
        if source.isascii():
            continue
        after_dollar_quote = source[:1] == b"$"
        text = source.decode()
        escaped = _spell(token.name, text)
        if escaped is None:
            return None
        keep(token.start)
        places.append(length)
        originals.append(index)
        parts.append(escaped)
        length += len(escaped)
        index += len(text)
        done = token.end + 1
        places.append(length)
        originals.append(index)
    keep(len(data))
    result = "".join(parts)
    return Rewritten(result, places, originals) if result.isascii() else None


def _spell(name: str, text: str) -> str | None:
    if name in ("SQL_COMMENT", "C_COMMENT"):
        return text.encode().translate(_UNDERSCORE).decode("ascii")
    if name in ("IDENT", "SCONST") and text[0] in "\"'":
        escaped = _escape(text.replace("\\", "\\\\"))
        return f" U&{escaped} "
    if name == "IDENT":
        return f' U&"{_escape(text.translate(_LOWER))}" '
    if name in ("UIDENT", "USCONST"):
        return _escape(text)
    if name == "SCONST" and text[0] in "eE":
        return _escape_in_escapes(text)
    if name == "SCONST" and text[0] == "$":
        tag = text.index("$", 1) + 1
        body = text[tag:-tag].replace("\\", "\\\\").replace("'", "''")
        return f" U&'{_escape(body)}' "
    return None


def _escape(text: str) -> str:
    return "".join(
        character if character < "\x80" else f"\\+{ord(character):06X}" for character in text
    )


def _escape_in_escapes(text: str) -> str:
    """Spell the inside of E'...': a character after a backslash loses the backslash."""
    parts: list[str] = []
    backslash = False
    for character in text:
        if character >= "\x80":
            parts.append(f"\\U{ord(character):08X}")
            backslash = False
        elif backslash:
            parts.append("\\" + character)
            backslash = False
        elif character == "\\":
            backslash = True
        else:
            parts.append(character)
    return "".join(parts)
