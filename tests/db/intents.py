"""What tests of the database have in common: registering, moving and looking at intents."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg
from psycopg.rows import dict_row

Connection = psycopg.Connection[Any]

ADD_COLUMN = "ALTER TABLE {table} ADD COLUMN {column} text"


def rows(conn: Connection, query: str, *arguments: Any) -> list[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, arguments).fetchall()


def row(conn: Connection, query: str, *arguments: Any) -> dict[str, Any]:
    [only] = rows(conn, query, *arguments)
    return only


def value(conn: Connection, query: str, *arguments: Any) -> Any:
    [only] = row(conn, query, *arguments).values()
    return only


def register(
    conn: Connection, agent: str, changes: str, feature: str | None = None, **options: Any
) -> str:
    """Register an intent and return its id."""
    named = "".join(f", {name} => %s" for name in options)
    return str(
        value(
            conn,
            "select intent_id::text from coord.register_intent(%s::text, %s::text, %s::text"
            + named
            + ")",
            agent,
            feature or f"feature of {agent}",
            changes,
            *options.values(),
        )
    )


def add_column(conn: Connection, agent: str, table: str, column: str, **options: Any) -> str:
    return register(conn, agent, ADD_COLUMN.format(table=table, column=column), **options)


def status(conn: Connection, intent: str) -> str:
    return str(value(conn, "select status from coord.intent where id = %s", intent))


def move(conn: Connection, intent: str, new_status: str) -> str:
    return str(value(conn, "select coord.move_intent(%s, %s)", intent, new_status))


def conflicts(conn: Connection, intent: str) -> list[dict[str, Any]]:
    return rows(conn, "select * from coord.conflicts_of(%s)", intent)


def events(conn: Connection, intent: str) -> list[tuple[str, str | None, str]]:
    """The history of an intent: event, old and new status."""
    found = rows(
        conn,
        "select event, old_status, new_status from coord.intent_history"
        " where intent_id = %s order by intent_row",
        intent,
    )
    return [(each["event"], each["old_status"], each["new_status"]) for each in found]


def problems(conn: Connection, digest: str | None = None) -> list[str]:
    found = rows(conn, "select problem from coord.verify_history(%s)", digest)
    return [each["problem"] for each in found]


def state(conn: Connection) -> dict[str, list[Any]]:
    """Everything that the extension stores, to prove that a refused call left nothing."""
    tables = ("intent", "conflict", "intent_history", "intent_key", "own_order", "branch_counter")
    return {
        table: conn.execute(f"select to_json(t)::text from coord.{table} t order by 1").fetchall()
        for table in tables
    }


class Notice(NamedTuple):
    """What a notice said; psycopg's own object forgets it when its handler returns."""

    severity: str
    message: str
    detail: str
    hint: str


def notices_of(conn: Connection) -> list[Notice]:
    """A list that fills with the notices of the connection from now on."""
    heard: list[Notice] = []
    conn.add_notice_handler(
        lambda diag: heard.append(
            Notice(
                diag.severity or "",
                diag.message_primary or "",
                diag.message_detail or "",
                diag.message_hint or "",
            )
        )
    )
    return heard
