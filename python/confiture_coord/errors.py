"""One exception class for each of the database's error codes.

psycopg raises the classes that carry a ``code`` by itself, wherever they come from: importing this
module is enough. All of them keep psycopg's diagnostics: ``error.diag.message_detail`` and
``error.diag.message_hint`` say what happened and what to do next.
"""

from __future__ import annotations

import json
from typing import Self

import psycopg

from confiture_coord.models import ConflictReport


class CoordError(psycopg.DatabaseError):
    """Whatever the coordination layer refuses."""

    _detail: str | None = None
    _hint: str | None = None

    @classmethod
    def saying(cls, message: str, *, detail: str | None = None, hint: str | None = None) -> Self:
        """An error that the wrapper found itself, so that there are no server diagnostics."""
        error = cls(message)
        error._detail, error._hint = detail, hint
        return error

    @property
    def code(self) -> str | None:
        """The SQLSTATE: the server's where it spoke, else that of the class."""
        return self.diag.sqlstate or self.sqlstate

    @property
    def message(self) -> str:
        """What is wrong, without the server's additions."""
        return self.diag.message_primary or str(self)

    @property
    def detail(self) -> str | None:
        """The facts behind the message."""
        return self.diag.message_detail or self._detail

    @property
    def hint(self) -> str | None:
        """What to do next."""
        return self.diag.message_hint or self._hint

    @property
    def conflicts(self) -> list[ConflictReport]:
        """What stands in the way, where conflicts do; the server sends them along as JSON."""
        sent = json.loads(self.diag.datatype_name or "[]") if self.code == "IC004" else []
        return [ConflictReport.refused(one) for one in sent]


class IntentNotFound(CoordError, ValueError, code="IC001"):
    """There is no intent with that id."""


class InvalidTransition(CoordError, ValueError, code="IC002"):
    """The lifecycle has no such step."""


class HistoryIsAppendOnly(CoordError, code="IC003"):
    """Somebody tried to rewrite the history."""


class BlockingConflict(CoordError, code="IC004"):
    """Open conflicts forbid it; ``conflicts`` holds them."""


class ConflictNotFound(CoordError, ValueError, code="IC005"):
    """There is no conflict with that id."""


class DetectorUnavailable(CoordError, code="IC006"):
    """The server has no parser, or could not load it safely."""


class VersionMismatch(CoordError, code="IC007"):
    """The database's objects are missing, or older or newer than this wrapper works with."""


class InvalidArgument(CoordError, ValueError):
    """An argument that the database does not accept, DDL that does not parse among them.

    ``code`` is the standard one that the server gave (22023, 22004, 42601, 54000 …); psycopg's own
    classes for those, outside of the registry, stay as they are.
    """

    sqlstate = "22023"
    CODES = frozenset({"22023", "22004", "22021", "22P02", "22P05", "22003", "42601", "54000"})

    @classmethod
    def raise_for(cls, error: psycopg.Error) -> None:
        """Raise the same error under this class, if its code means one."""
        if error.sqlstate in cls.CODES:
            twin = cls(*error.args)
            vars(twin).update(vars(error) | {"sqlstate": error.sqlstate})
            raise twin from error
