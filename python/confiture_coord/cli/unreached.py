"""A server that cannot be reached, in words that say what to do."""

from __future__ import annotations

from confiture_coord.cli.problem import Problem

#: Any of these environment variables says which server is meant, so that libpq's defaults are no
#: guess.
PLACES = ("PGSERVICE", "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER")

# What libpq says about a connection that fails, and what to do about it.
_CONNECTION_HINTS = (
    ("password authentication failed", "Check user and password; libpq also takes the password "
     "from PGPASSWORD or from the file ~/.pgpass."),
    ("no password supplied", "Put the password into PGPASSWORD or into the file ~/.pgpass."),
    ("Peer authentication failed", "The server wants the operating system's user to have the name "
     "of the database role: connect with -h localhost in the URL, or as that user."),
    ("no pg_hba.conf entry", "The server's pg_hba.conf admits neither this host nor this user."),
    ("database", "Check the database's name in the URL; `psql -l` lists those that exist."),
    ("role", "Check the user in the URL: postgresql://USER@HOST/DATABASE."),
    ("Connection refused", "Is the server running, and does it listen there? Check host and port."),
    ("No such file or directory", "Is the server running, and is its socket in that directory?"),
    ("could not translate host name", "Check the host's name in the URL."),
    ("ailed to resolve host", "Check the host's name in the URL."),
    ("timeout expired", "The server does not answer: check host, port and firewalls."),
)  # fmt: skip


def unreached(said: str, code: str | None = None) -> Problem:
    """What libpq said about a connection that it did not get, as a problem."""
    lines = [line.strip() for line in said.strip().splitlines() if line.strip()]
    text = "\n".join(lines)
    # libpq names the address first, which may contain any of the words: look behind it.
    reason = text.rpartition("failed: ")[2]
    hint = next((hint for words, hint in _CONNECTION_HINTS if words in reason), None)
    return Problem(
        code or "08001",
        lines[0] if lines else "the server cannot be reached",
        "\n".join(lines[1:]) or None,
        hint or "Check that the server is running and that --database-url is right.",
    )
