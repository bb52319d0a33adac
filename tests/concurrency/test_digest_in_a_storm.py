"""Digests that are taken before and during a storm of registrations and moves verify after it."""

from __future__ import annotations

import threading

import psycopg
import pytest

from tests.concurrency.sessions import ROUNDS, race
from tests.concurrency.test_chaos import something
from tests.db.intents import Connection, add_column, problems, value

DIGEST = "select coord.history_digest()"


@pytest.mark.parametrize("isolation", ["read committed", "serializable"])
def test_every_digest_verifies_afterwards(dsn: str, conn: Connection, isolation: str) -> None:
    for number in range(6):
        add_column(conn, f"agent {number}", f"t{number % 3}", "a")
    digests = [str(value(conn, DIGEST))]
    calm = threading.Event()

    def notary() -> None:
        with psycopg.connect(dsn, autocommit=True) as session:
            while not calm.is_set():
                digests.append(str(value(session, DIGEST)))

    witness = threading.Thread(target=notary)
    witness.start()
    try:
        for _ in race(dsn, [something] * 6, isolation, rounds=ROUNDS * 2):
            pass
    finally:
        calm.set()
        witness.join()
    different = sorted(set(digests))
    assert len(different) > 2
    assert value(conn, "select count(*) from coord.intent_history") > 6
    for digest in different:
        assert problems(conn, digest) == []
    # and none of them verifies where a row that it covers was changed
    conn.execute("alter table coord.intent_history disable trigger user")
    conn.execute("delete from coord.intent_history where id = 1")
    for digest in different:
        assert any("the digest covers" in each for each in problems(conn, digest))
