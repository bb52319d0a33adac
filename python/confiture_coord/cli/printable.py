"""Text of others on a terminal: nothing in it moves the cursor, hides or imitates a line."""

from __future__ import annotations

from unicodedata import category

# Control, format (such as the reversal of the direction), surrogate, line and paragraph separator.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# They join characters, as in many emoji and scripts.
_HARMLESS = "\u200c\u200d"


def printable(text: str) -> str:
    """On one line, with what a terminal would obey written as JSON does."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if category(character) not in _UNPRINTABLE or character in _HARMLESS:
        return character
    known = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return known.get(character) or "".join(f"\\u{unit:04x}" for unit in _units(character))


def _units(character: str) -> list[int]:
    data = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
