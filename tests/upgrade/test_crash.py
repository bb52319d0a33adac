"""kill -9 in a storm: what was acknowledged is there, and nothing is half there."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import psycopg
import pytest

from tests.db.intents import Connection, add_column, move, problems, rows, value
from tools.cluster import Cluster

AGENTS = ("ada", "bob", "eve")
LIFE = ("in_progress", "completed", "merged")

# Before the server is killed: long enough for every agent to have moved intents of its own.
CALLS_BEFORE_THE_CRASH = 40

HALF_STORED = {
    "intents without a footprint": """
        select i.id from coord.intent i where not exists (
            select from coord.intent_key k where k.intent_no = i.intent_no)""",
    "footprints without an intent": """
        select k.intent_no from coord.intent_key k where not exists (
            select from coord.intent i where i.intent_no = k.intent_no)""",
    "footprints that are active although their intent is not": """
        select i.id from coord.intent i
        join coord.status s on s.status = i.status
        join coord.intent_key k on k.intent_no = i.intent_no and k.is_active <> s.is_active""",
    "conflicted intents without a conflict": """
        select i.id from coord.intent i where i.status = 'conflicted' and not exists (
            select from coord.conflict c where c.is_open and i.id in (c.intent_a, c.intent_b))""",
    "branches without a number of their own": """
        select slug from coord.branch_counter b where last_number < (
            select count(*) from coord.intent i
            where i.branch_name like 'feature/' || b.slug || '\\_%%')""",
}

SHARED_TABLE = "everybody_s"
UNSEEN = """
    select a.id, b.id from coord.intent a
    join coord.intent b on b.intent_no < a.intent_no and b.agent_id <> a.agent_id
    where %s = any (a.tables_affected) and %s = any (b.tables_affected) and not exists (
        select from coord.conflict c
        where (c.intent_a, c.intent_b) in ((a.id, b.id), (b.id, a.id)))"""


class Storm:
    """Agents that register and move intents until the server is gone."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.calls = 0
        self.crashed = False
        self.reached: dict[str, str] = {}  # the last status of each intent that was acknowledged
        self.errors: list[BaseException] = []
        self.threads = [
            threading.Thread(
                target=self._agent, args=(agent, cluster.connect("storm")), daemon=True
            )
            for agent in AGENTS
        ]

    def _agent(self, agent: str, connection: Connection) -> None:
        try:
            number = 0
            while True:
                number += 1
                # every fourth one meets those of the others
                table = SHARED_TABLE if number % 4 == 0 else f"of_{agent}"
                intent = add_column(connection, agent, table, f"{agent}_{self.calls}")
                self._acknowledged(intent, "registered")
                for status in LIFE if table != SHARED_TABLE else ():
                    move(connection, intent, status)
                    self._acknowledged(intent, status)
        except psycopg.OperationalError as error:
            if not self.crashed:  # else the server is gone: the end of every storm
                self.errors.append(error)
        except BaseException as error:
            self.errors.append(error)

    def _acknowledged(self, intent: str, status: str) -> None:
        self.calls += 1
        self.reached[intent] = status

    def rage_until(self, crash: Callable[[], None]) -> None:
        for thread in self.threads:
            thread.start()
        while self.calls < CALLS_BEFORE_THE_CRASH and not self.errors:
            time.sleep(0.01)
        self.crashed = True
        crash()
        for thread in self.threads:
            thread.join()
        assert self.errors == []


def kill_a_backend(cluster: Cluster) -> None:
    """PostgreSQL then ends all sessions and recovers by itself."""
    with cluster.connect("storm") as watcher:
        busy = "select pid from pg_stat_activity where query ~ 'coord' and pid <> pg_backend_pid()"
        os.kill(value(watcher, busy + " order by query_start desc limit 1"), signal.SIGKILL)


def kill_the_postmaster(cluster: Cluster) -> None:
    """The server processes notice, and end by themselves."""
    pid = cluster.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


CRASHES: dict[str, Callable[[Cluster], None]] = {
    "a server process": kill_a_backend,
    "the postmaster": kill_the_postmaster,
    "everything at once": Cluster.kill9,
}


def back(cluster: Cluster) -> Connection:
    """A connection as soon as the server has recovered, which may need a new start."""
    while True:
        if cluster.pid() is None:
            cluster.stop()  # forget the process that is gone
            cluster.start()
        try:
            return cluster.connect("storm")
        except psycopg.OperationalError:
            time.sleep(0.05)


def test_nothing_acknowledged_is_lost_and_nothing_is_half_there(
    new_cluster: Callable[..., Cluster],
) -> None:
    cluster = new_cluster()
    with cluster.connect() as admin:
        assert value(admin, "show fsync") == "on"
        assert value(admin, "show synchronous_commit") == "on"
        admin.execute("create database storm")
    with cluster.connect("storm") as conn:
        conn.execute("create extension confiture_coord cascade")
        digest = value(conn, "select coord.history_digest()")
    for what, crash in CRASHES.items():
        storm = Storm(cluster)
        storm.rage_until(lambda crash=crash: crash(cluster))
        with back(cluster) as conn:
            assert problems(conn, digest) == [], what
            assert value(conn, "select problems from coord.detector_check()") == []
            for half, query in HALF_STORED.items():
                assert rows(conn, query) == [], f"{what}: {half}"
            first = "select tables_affected[1] from coord.intent where tables_affected[1] ~ %s"
            shared = value(conn, first + " limit 1", SHARED_TABLE)
            assert rows(conn, UNSEEN, shared, shared) == [], what
            for intent, status in storm.reached.items():
                passed = rows(
                    conn,
                    "select 1 from coord.intent_history where intent_id = %s and new_status = %s",
                    intent,
                    status,
                )
                assert passed, f"{what}: {intent} was {status}"
            digest = value(conn, "select coord.history_digest()")
    assert "was terminated by signal 9" in cluster.log_text()


@pytest.mark.parametrize("query", HALF_STORED.values(), ids=HALF_STORED)
def test_questions_about_half_intents_find_some(conn: Connection, query: str) -> None:
    first = add_column(conn, "ada", "users", "a")
    add_column(conn, "bob", "users", "a")
    assert rows(conn, query) == []
    conn.execute("set session_replication_role = replica")  # no foreign keys
    for damage in (
        "delete from coord.intent_key",
        "update coord.intent_key set is_active = not is_active",
        "update coord.intent_key set intent_no = intent_no + 1000",
        "update coord.conflict set moot_at = now(), moot_reason = 'x'",
        "update coord.branch_counter set last_number = 0",
    ):
        with conn.transaction(force_rollback=True):
            conn.execute(damage)
            if rows(conn, query):
                return
    pytest.fail(f"nothing that was done to {first} is found")
