"""A registry that only looks, over libpq itself: for the commands that scripts poll.

Importing psycopg takes several times as long as all the rest of such a command. So these commands
call the C library directly, the very one that psycopg would use, with the statements of the real
registry. Whatever is unusual (no library found, an error of the server) raises Unusual, and the
caller starts over with psycopg, which knows how to report it.
"""

from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confiture_coord import statements
from confiture_coord.cli.unreached import PLACES, unreached

if TYPE_CHECKING:
    from confiture_coord.statements import Result, Steps

_CONNECTION_OK = 0
_TUPLES_OK = 2


class Unusual(Exception):
    """Better done the ordinary way."""


def _library() -> ctypes.CDLL:
    """The libpq that comes with psycopg's binary package, else the system's."""
    bundled = find_spec("psycopg_binary")
    folder = Path(bundled.origin).parent.parent if bundled and bundled.origin else Path()
    candidates = [*map(str, folder.glob("psycopg_binary.libs/libpq-*.so*")), "libpq.so.5"]
    for name in candidates:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise Unusual("no libpq")


def _strings(values: list[str | None]) -> Any:
    encoded = [None if value is None else value.encode() for value in values]
    return (ctypes.c_char_p * len(encoded))(*encoded)


class Connection:
    """One connection, text in and text out."""

    def __init__(self, database_url: str | None) -> None:
        self._pq = _library()
        for name in ("PQconnectdbParams", "PQexecParams", "PQconninfoParse"):
            getattr(self._pq, name).restype = ctypes.c_void_p
        for name in ("PQgetvalue", "PQerrorMessage"):
            getattr(self._pq, name).restype = ctypes.c_char_p
        url = database_url or ""
        if "\0" in url or not self._pq.PQconninfoParse(url.encode(), None):
            raise Unusual("not a connection string")
        # What stands before dbname is a default for what the URL in it says; what follows is fixed.
        defaults = {"fallback_application_name": "confiture-coord"}
        if not os.environ.get("PGCONNECT_TIMEOUT"):
            defaults["connect_timeout"] = "10"
        given = {**defaults, "dbname": url, "client_encoding": "UTF8"}
        names, values = _strings([*given, None]), _strings([*given.values(), None])
        self._connection = ctypes.c_void_p(self._pq.PQconnectdbParams(names, values, 1))
        if self._pq.PQstatus(self._connection) != _CONNECTION_OK:
            said = self._pq.PQerrorMessage(self._connection).decode(errors="replace")
            self.close()
            raise unreached(said)

    def close(self) -> None:
        self._pq.PQfinish(self._connection)

    def rows(self, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows of a query that returns JSON-friendly columns."""
        for number, name in enumerate(values, 1):
            query = query.replace(f"%({name})s", f"${number}")
        wrapped = f"select pg_catalog.row_to_json(q) from ({query}) q"
        texts = [None if each is None else str(each) for each in values.values()]
        result = ctypes.c_void_p(
            self._pq.PQexecParams(
                self._connection, wrapped.encode(), len(texts), None, _strings(texts), None, None, 0
            )
        )
        try:
            if self._pq.PQresultStatus(result) != _TUPLES_OK:
                raise Unusual(self._pq.PQerrorMessage(self._connection).decode(errors="replace"))
            return [
                json.loads(self._pq.PQgetvalue(result, number, 0))
                for number in range(self._pq.PQntuples(result))
            ]
        finally:
            self._pq.PQclear(result)


class Reader:
    """The calls of IntentRegistry that look."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._run(statements.require_version())

    def __getattr__(self, name: str) -> Callable[..., Any]:
        steps = getattr(statements, name)
        return lambda *args, **kwargs: self._run(steps(*args, **kwargs))

    def _run(self, steps: Steps[Result]) -> Result:
        try:
            query, values = next(steps)
            while True:
                query, values = steps.send(self._connection.rows(query, dict(values)))
        except StopIteration as end:
            result: Result = end.value
            return result


@contextmanager
def registry(database_url: str | None) -> Iterator[Any]:
    """A reader on a connection of its own."""
    if not database_url and not any(os.environ.get(name) for name in PLACES):
        raise Unusual("nobody said which database")
    connection = Connection(database_url)
    try:
        yield Reader(connection)
    finally:
        connection.close()
