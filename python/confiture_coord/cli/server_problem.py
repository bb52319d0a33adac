"""Errors of the server, and of reaching it, in words that say what to do."""

from __future__ import annotations

import psycopg

from confiture_coord.cli.problem import Problem
from confiture_coord.cli.unreached import unreached
from confiture_coord.errors import CoordError

_HINTS = {
    "42501": "Ask for membership: GRANT coord_agent TO <your role> (coord_reader to look only, "
    "coord_reviewer to review and merge for others).",
    "22003": "Give a smaller number.",
    "22P02": "Check --metadata: JSON knows neither NaN nor Infinity, nor half of a character.",
    "22P05": "Check --metadata: PostgreSQL's text cannot hold the character \\u0000.",
    "25006": "This is a read-only standby or transaction: check and the lists work here, whatever "
    "writes needs the primary.",
    "55P03": "Somebody holds the lock: try again when they are done.",
    "40001": "Another transaction was faster: try again.",
    "40P01": "Another transaction was faster: try again.",
    "57014": "The statement was cancelled: try again, or raise statement_timeout.",
    "57P01": "The server was shut down: try again when it is back.",
}

_COMMAND_HINTS = {
    "IC001": "`confiture-coord list-intents` shows the ids; ended intents are among them.",
    "IC005": "`confiture-coord conflicts` shows the numbers of the open ones.",
    "stored": "Settle them with the other agents, then record it: "
    "confiture-coord resolve --conflict-id NUMBER --notes TEXT",
}


def from_server(error: psycopg.Error) -> Problem:
    """One of psycopg's errors as a problem."""
    if isinstance(error, CoordError):
        code = error.code or "XX000"
        conflicts = error.conflicts
        # The server's hint speaks SQL to its user; ours are at a command line.
        ours = _COMMAND_HINTS.get("stored" if conflicts and conflicts[0].id else code)
        hint = ours or error.hint or _HINTS.get(code)
        problem = Problem(code, error.message, error.detail, hint)
        problem.conflicts = [conflict.to_dict() for conflict in conflicts]
        return problem
    if error.diag.message_primary is None:
        return unreached(str(error), error.sqlstate)
    code = error.sqlstate or "XX000"
    return Problem(
        code,
        error.diag.message_primary,
        error.diag.message_detail,
        error.diag.message_hint or _HINTS.get(code),
    )
