"""How much of a script may be read more than once."""

from __future__ import annotations

MOST_REPEATED = 400_000
"""In characters: a loop in a loop in a loop of a few lines asks for millions."""


class Room:
    """What is left for reading again; what does not fit any more is left unread."""

    __slots__ = ("_left",)

    def __init__(self, characters: int = MOST_REPEATED) -> None:
        self._left = characters

    def take(self, characters: int) -> bool:
        """Tell whether so much may be read, and count it."""
        if characters > self._left:
            return False
        self._left -= characters
        return True
