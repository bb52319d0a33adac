"""Qualified names inside strings, read as the server reads them."""

from __future__ import annotations


def identifiers(text: str) -> list[str]:
    """Split ``schema."Name"`` as the server reads it; empty when it is no qualified name."""
    parts: list[str] = []
    position, end = 0, len(text)
    while True:
        while position < end and text[position].isspace():
            position += 1
        if position == end:
            return []
        if text[position] == '"':
            part = ""
            position += 1
            while True:
                closing = text.find('"', position)
                if closing < 0:
                    return []
                part += text[position:closing]
                position = closing + 1
                if text[position : position + 1] != '"':
                    break
                part += '"'
                position += 1
        else:
            start = position
            while position < end and (text[position].isalnum() or text[position] in "_$"):
                position += 1
            part = _fold(text[start:position])
        if not part:
            return []
        parts.append(part)
        while position < end and text[position].isspace():
            position += 1
        if position == end:
            return parts
        if text[position] != ".":
            return []
        position += 1


def _fold(text: str) -> str:
    """Lower-case as the server does in a multibyte encoding: ASCII letters only."""
    return "".join(c.lower() if "A" <= c <= "Z" else c for c in text)
