"""Databases full of intents, and the calls that are measured on them."""

from __future__ import annotations

from typing import Any

import psycopg

from tools.cluster import Cluster

Connection = psycopg.Connection[Any]

BATCH = 500


def fresh(cluster: Cluster, name: str) -> Connection:
    """A new database with the extension."""
    with cluster.connect() as admin:
        admin.execute(f"drop database if exists {name} with (force)")
        admin.execute(f"create database {name}")
    connection = cluster.connect(name)
    connection.execute("create extension confiture_coord cascade")
    # What is measured is the registration, not the terminal.
    connection.execute("set client_min_messages = error")
    return connection


def fill(connection: Connection, first: int, last: int, pattern: str, agent: str = "a%s") -> None:
    """Register intents number first … last; ``%s`` in pattern and agent is the number."""
    for begin in range(first, last, BATCH):
        connection.execute(
            f"""
            do $fill$
            begin
                for n in {begin}..{min(begin + BATCH, last) - 1} loop
                    perform coord.register_intent(
                        replace('{agent}', '%s', n::text), 'feature ' || n,
                        replace('{pattern}', '%s', n::text));
                end loop;
            end
            $fill$"""
        )


def register(connection: Connection, agent: str, feature: str, changes: str) -> None:
    connection.execute("select coord.register_intent(%s, %s, %s::text)", (agent, feature, changes))


def check(connection: Connection, agent: str, feature: str, changes: str) -> None:
    connection.execute(
        "select * from coord.check_intent(%s, %s, %s::text)", (agent, feature, changes)
    )


def scalar(connection: Connection, query: str, *arguments: Any) -> Any:
    row = connection.execute(query, arguments).fetchone()
    assert row is not None
    return row[0]
