"""Damaged DDL through the functions that take DDL: each call answers, or says what is wrong.

An internal error (XX000, or 38000 with a Python traceback) is a bug whatever the input was. How
many calls are made is up to ``FUZZ_EXAMPLES`` (``make fuzz EXAMPLES=…``); the seed is part of the
test's name, so that a failure can be repeated.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, LiteralString

import psycopg
import pytest

from tests.mutations import Mutator
from tools.cluster import Cluster

Connection = psycopg.Connection[Any]

CALLS = int(os.environ.get("FUZZ_EXAMPLES", "400"))

CLEAN = frozenset(("42601", "54000", "22023", "22021", "22P02", "22P05", "22004"))

PATHS = (
    None,
    None,
    "public",
    "a, b",
    '"$user", public',
    "pg_temp, x",
    "",
    '"é"',
    "a,,b",
    "(",
    "''",
)
TABLES = (
    None,
    None,
    [],
    ["a"],
    ["public.t", '"X y"'],
    ["a.b.c"],
    [""],
    [None],
    ["select"],
    ["a;b"],
)
ENCODINGS = ("UTF8", "LATIN1", "SJIS", "EUC_JP", "WIN1252", "SQL_ASCII", "GBK")

FOOTPRINT: LiteralString = "select count(*) from coord.footprint(%s::text, %s)"
FOOTPRINT_OF_LIST: LiteralString = "select count(*) from coord.footprint(%s::text[], %s)"
COMPARE: LiteralString = (
    "select count(*) from coord.compare_changes(%s::text, %s::text, %s, %s::boolean)"
)
CHECK: LiteralString = (
    "select count(*) from coord.check_intent('fuzz', 'fuzz', %s::text, %s::text[], %s)"
)
CONVERTED: LiteralString = "select count(*) from coord.footprint(convert_from(%s, %s))"


class Caller:
    """Makes one random call after another, and keeps what came out that never should."""

    def __init__(
        self, connection: Connection, seed: int, encodings: Sequence[str] = ENCODINGS
    ) -> None:
        self.connection = connection
        self.mutator = Mutator(seed)
        self.encodings = encodings
        self.wrong: list[tuple[str, str, object]] = []
        self.answers = 0

    def call(self, query: LiteralString, arguments: tuple[object, ...]) -> None:
        try:
            self.connection.execute(query, arguments).fetchone()
        except psycopg.Error as error:
            if error.sqlstate not in CLEAN:
                self.wrong.append((error.sqlstate or repr(error), str(error), arguments))
        else:
            self.answers += 1

    def text(self) -> str:
        # Drivers refuse a NUL before the server sees it.
        return self.mutator.text().replace("\0", "\x02")

    def any_call(self) -> None:
        dice = self.mutator.random
        kind = dice.randrange(6)
        if kind < 2:
            self.call(FOOTPRINT, (self.text(), dice.choice(PATHS)))
        elif kind == 2:
            elements = [self.mutator.element() for _ in range(dice.randint(0, 3))]
            texts = [one.replace("\0", "") if one is not None else None for one in elements]
            self.call(FOOTPRINT_OF_LIST, (texts, dice.choice(PATHS)))
        elif kind == 3:
            path = dice.choice(PATHS)
            self.call(COMPARE, (self.text(), self.text(), path, dice.random() < 0.7))
        elif kind == 4:
            self.call(CHECK, (self.text(), dice.choice(TABLES), dice.choice(PATHS)))
        else:
            self.converted_call()

    def converted_call(self) -> None:
        """Bytes that were written in one encoding, with damage, and are read in another."""
        dice = self.mutator.random
        encoding = dice.choice(("utf-8", "latin-1", "shift_jis", "euc_jp"))
        data = bytearray(self.mutator.text().encode(encoding, errors="replace"))
        for _ in range(dice.choice((0, 0, 1, 3))):
            if data:
                data[dice.randrange(len(data))] = dice.randrange(256)
        self.call(CONVERTED, (bytes(data), dice.choice(self.encodings)))


@pytest.fixture
def watched(connect: Callable[..., Connection], server_log: Callable[[], str]) -> Iterator[Any]:
    watch = connect()
    watch.execute("select 1")
    yield watch
    assert watch.execute("select 'alive'").fetchone() == ("alive",)
    assert "terminated by signal" not in server_log()


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_ddl_gets_an_answer_or_a_clean_error(
    watched: Connection, connect: Callable[..., Connection], seed: int
) -> None:
    caller = Caller(connect(), seed)
    register = "select coord.register_intent(%s, %s, 'alter table t add ' || %s || ' int')"
    caller.connection.execute("set client_min_messages = error")
    for number in range(5):
        column = f"c{number}"
        caller.connection.execute(register, (f"agent {number}", "feature", column))
    for _ in range(CALLS):
        caller.any_call()
    assert caller.wrong == []
    assert caller.answers > CALLS // 20


@pytest.mark.parametrize("encoding", ["LATIN1", "EUC_JP", "SQL_ASCII"])
def test_damaged_ddl_in_databases_of_other_encodings(
    watched: Connection, cluster: Cluster, encoding: str
) -> None:
    name = f"encoding_{encoding.lower()}"
    with cluster.connect() as admin:
        admin.execute(f"create database {name} encoding '{encoding}' locale 'C' template template0")
        connection = cluster.connect(name)
        try:
            connection.execute("set client_min_messages = error")
            connection.execute("create extension confiture_coord cascade")
            caller = Caller(connection, 3, (encoding, "SQL_ASCII", "UTF8"))
            for _ in range(CALLS // 2):
                caller.converted_call()
        finally:
            connection.close()
            admin.execute(f"drop database {name}")
    assert caller.wrong == []
    assert caller.answers > 0
