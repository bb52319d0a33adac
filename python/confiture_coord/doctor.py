"""Look at a database as a physician does: what is wrong, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import dict_row

from confiture_coord.install import Installed, installed
from confiture_coord.version import fits, numbers, wrapper_version

OLDEST_SERVER, NEWEST_SERVER = 14, 18


class Finding(NamedTuple):
    """One thing looked at; ``mend`` is the command that puts it right."""

    ok: bool
    subject: str
    finding: str
    mend: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return self._asdict()


def examine(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    """All findings, in the order in which to mend them. The connection is in autocommit mode."""
    yield _server(connection)
    yield _language(connection)
    present = installed_or_problem(connection)
    if isinstance(present, Finding):
        yield present
        return
    yield _version(present)
    yield from _privileges(connection)
    yield from _server_side(connection)
    yield _history(connection)


def _server(connection: psycopg.Connection[Any]) -> Finding:
    version = connection.info.server_version
    major, minor = divmod(version, 10000)
    standby = connection.execute("select pg_catalog.pg_is_in_recovery()").fetchone() == (True,)
    name = f"PostgreSQL {major}.{minor}" + (", a read-only standby" if standby else "")
    if major < OLDEST_SERVER:
        mend = f"upgrade the server to PostgreSQL {OLDEST_SERVER} or newer"
        return Finding(False, "server", f"{name} is too old", mend)
    if major > NEWEST_SERVER:
        return Finding(True, "server", f"{name}, newer than any that this was tested with")
    if standby:
        name += ": check and the lists work, whatever writes needs the primary"
    return Finding(True, "server", name)


def _language(connection: psycopg.Connection[Any]) -> Finding:
    row = connection.execute(
        "select exists (select from pg_catalog.pg_extension where extname = 'plpython3u'),"
        " exists (select from pg_catalog.pg_available_extensions where name = 'plpython3u')"
    ).fetchone()
    exists, available = row or (False, False)
    if exists:
        return Finding(True, "plpython3u", "is there")
    if available:
        mend = "confiture-coord install (or CREATE EXTENSION plpython3u), as a superuser"
        return Finding(False, "plpython3u", "is available, but not in this database", mend)
    major = connection.info.server_version // 10000
    mend = f"apt install postgresql-plpython3-{major}, or dnf install postgresql{major}-plpython3"
    return Finding(False, "plpython3u", "is not installed on the server", mend)


def installed_or_problem(connection: psycopg.Connection[Any]) -> Installed | Finding:
    """The installation, or why there is none to look at."""
    try:
        present = installed(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        return _no_access(connection, error)
    if present is None:
        mend = "confiture-coord install, as a superuser"
        return Finding(False, "confiture_coord", "is not installed in this database", mend)
    return present


def _no_access(connection: psycopg.Connection[Any], error: psycopg.Error) -> Finding:
    mend = f"GRANT coord_agent TO {_role(connection)}"
    return Finding(False, "privileges", str(error.diag.message_primary), mend)


def _role(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute("select pg_catalog.quote_ident(current_user)").fetchone()
    return str(row[0]) if row else "CURRENT_USER"


def _version(present: Installed) -> Finding:
    ours = wrapper_version()
    what = {"extension": "as an extension", "plain": "as plain SQL"}[present.how]
    text = f"version {present.version}, installed {what}; the wrapper is {ours}"
    if present.version == ours:
        return Finding(True, "confiture_coord", text)
    if numbers(present.version) > numbers(ours):
        mend = "pip install --upgrade confiture-coord"
    else:
        mend = "confiture-coord upgrade, as a superuser"
    return Finding(fits(present.version), "confiture_coord", text, mend)


def detector(connection: psycopg.Connection[Any]) -> Finding:
    """Does the server have a parser, safely loaded?"""
    return next(_server_side(connection))


def _server_side(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    """What the database finds out about its parser and its guard triggers."""
    try:
        with connection.cursor(row_factory=dict_row) as cursor:
            facts = cursor.execute("select * from coord.detector_check()").fetchone() or {}
    except psycopg.errors.InsufficientPrivilege as error:
        yield _no_access(connection, error)
        return
    problems = facts.pop("problems", None) or []
    guards = [problem for problem in problems if problem.startswith("trigger ")]
    parser = [problem for problem in problems if problem not in guards]
    if parser or not facts.get("safe"):
        said, _, mend = "; ".join(parser).rpartition("; ")
        yield Finding(False, "detector", said or "the parser is not safely loaded", mend or None)
    else:
        versions = (f"{name} {facts[name]}" for name in ("pglast", "grammar", "python", "libc"))
        yield Finding(True, "detector", f"safely loaded: {', '.join(versions)}; {facts['path']}")
    for problem in guards:
        said, _, mend = problem.partition("; mend it with: ")
        yield Finding(False, "guard triggers", said, mend)
    if not guards:
        yield Finding(True, "guard triggers", "all in place")


def _privileges(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    row = connection.execute(
        """
        select current_user, r.rolsuper,
               array(select g.rolname from pg_catalog.pg_roles g
                     where g.rolname in ('coord_reader', 'coord_agent', 'coord_reviewer')
                       and pg_catalog.pg_has_role(current_user, g.oid, 'usage')
                     order by 1)
        from pg_catalog.pg_roles r where r.rolname = current_user
        """
    ).fetchone()
    name, is_superuser, groups = row or ("?", False, [])
    if is_superuser:
        yield Finding(True, "privileges", f"role {name} is a superuser")
    elif "coord_agent" in groups or "coord_reviewer" in groups:
        yield Finding(True, "privileges", f"role {name} is a member of {', '.join(groups)}")
    else:
        what = "may only read" if "coord_reader" in groups else "has no rights here"
        mend = f"GRANT coord_agent TO {_role(connection)}"
        yield Finding(False, "privileges", f"role {name} {what}", mend)


def _history(connection: psycopg.Connection[Any]) -> Finding:
    try:
        rows = connection.execute("select * from coord.verify_history() limit 5").fetchall()
    except psycopg.errors.InsufficientPrivilege:
        return Finding(True, "history", "not verified: this role may not")
    if rows:
        lines = "; ".join(" ".join(map(str, row)) for row in rows)
        return Finding(False, "history", lines, "SELECT * FROM coord.verify_history()")
    return Finding(True, "history", "intact")
