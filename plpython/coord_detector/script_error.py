"""The error that any part of the detector raises about the changes that it was given."""

from __future__ import annotations


class ScriptError(Exception):
    """Changes that cannot be analysed: an SQLSTATE, and the texts of a PostgreSQL error."""

    def __init__(self, sqlstate: str, message: str, detail: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message
        self.detail = detail
        self.hint = hint
