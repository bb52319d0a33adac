"""Server notices while the registry works: kept on the registry, and logged."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from psycopg.errors import Diagnostic

logger = logging.getLogger("confiture_coord")
# A library does not print: whoever wants the warnings reads last_warnings or configures logging.
logger.addHandler(logging.NullHandler())


class ServerWarning(NamedTuple):
    """What the server warned of: for a registration, one for each of the worst conflicts."""

    message: str
    detail: str | None
    hint: str | None
    sqlstate: str | None


@contextmanager
def collected(
    connection: psycopg.Connection | psycopg.AsyncConnection,
) -> Iterator[list[ServerWarning]]:
    """The warnings of what happens inside; the connection forgets about us afterwards."""
    heard: list[ServerWarning] = []

    def hear(notice: Diagnostic) -> None:
        if notice.severity_nonlocalized != "WARNING":
            return
        warning = ServerWarning(
            notice.message_primary or "",
            notice.message_detail,
            notice.message_hint,
            notice.sqlstate,
        )
        heard.append(warning)
        logger.warning("%s", warning.message)

    connection.add_notice_handler(hear)
    try:
        yield heard
    finally:
        connection.remove_notice_handler(hear)
