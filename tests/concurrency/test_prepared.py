"""Transactions prepared for two-phase commit, which outlive their session and the server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest

from tests.db.intents import Connection, add_column, conflicts, problems, value
from tools.cluster import Cluster


@pytest.fixture
def own(new_cluster: Callable[..., Cluster]) -> Cluster:
    """A server that allows them; the default is that it does not."""
    cluster = new_cluster(max_prepared_transactions="2")
    with closing(cluster.connect()) as admin:
        admin.execute("create extension confiture_coord cascade")
        admin.execute("update coord.setting set value = '200' where name = 'lock_wait_ms'")
    return cluster


def prepare(cluster: Cluster) -> str:
    """Ada's registration, prepared; the digest of history while it is neither here nor there."""
    with closing(cluster.connect()) as ada:
        add_column(ada, "eve", "elsewhere", "a")
        ada.execute("begin")
        add_column(ada, "ada", "users", "a")
        ada.execute("prepare transaction 'of ada''s'")
        add_column(ada, "eve", "elsewhere", "b")
        return str(value(ada, "select coord.history_digest()"))


def refused_to(conn: Connection) -> str:
    with pytest.raises(psycopg.errors.LockNotAvailable) as refused:
        add_column(conn, "bob", "users", "a")
    return refused.value.diag.message_detail or ""


@pytest.mark.parametrize("how", ["same server", "after a crash"])
def test_it_is_waited_for_named_and_seen(own: Cluster, how: str) -> None:
    digest = prepare(own)
    if how == "after a crash":
        own.kill9()
        own.stop()
        own.start()
    with closing(own.connect()) as conn:
        assert problems(conn, digest) == []
        detail = refused_to(conn)
        assert detail.startswith("prepared transaction 'of ada''s' of role \"postgres\" since ")
        assert detail.endswith("COMMIT PREPARED or ROLLBACK PREPARED ends it")
        conn.execute("commit prepared 'of ada''s'")
        assert problems(conn, digest) == []
        assert len(conflicts(conn, add_column(conn, "bob", "users", "a"))) == 1
        assert problems(conn, digest) == []


def test_one_that_is_rolled_back_was_never_there(own: Cluster) -> None:
    digest = prepare(own)
    with closing(own.connect()) as conn:
        assert "ROLLBACK PREPARED" in refused_to(conn)
        conn.execute("rollback prepared 'of ada''s'")
        assert conflicts(conn, add_column(conn, "bob", "users", "a")) == []
        assert problems(conn, digest) == []
