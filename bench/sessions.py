"""Many sessions at once, the first call of a session, and what a session keeps."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from bench.database import check, fresh, register, scalar
from bench.timing import Figure, at_least, figure, samples
from tools.cluster import Cluster

SUITE = "sessions"
SECONDS = 4.0
COUNTS = (1, 2, 4, 8)
KEPT_AFTER = 10_000


def run(cluster: Cluster, quick: bool) -> Iterator[Figure]:
    connection = fresh(cluster, "bench_sessions")
    dsn = cluster.dsn("bench_sessions")
    seconds = 1.0 if quick else SECONDS
    rates: dict[tuple[str, int], float] = {}
    for objects in ("disjoint", "common"):
        for count in COUNTS:
            rate = rates[objects, count] = throughput(dsn, objects, count, seconds)
            name = f"registrations per second, {objects} objects, {count} sessions"
            yield Figure(SUITE, name, rate, "1/s")
    cores = os.cpu_count() or 1
    yield at_least(
        SUITE,
        "8 sessions on disjoint objects / 1 session",
        rates["disjoint", 8] / rates["disjoint", 1],
        min(0.8 * cores, 3),
    )
    yield from cold(cluster)
    yield from memory(cluster, 1_000 if quick else KEPT_AFTER)
    connection.close()


def throughput(dsn: str, objects: str, count: int, seconds: float) -> float:
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    gate = context.Barrier(count)
    workers = [
        context.Process(target=worker, args=(dsn, objects, number, seconds, gate, answers))
        for number in range(count)
    ]
    for each in workers:
        each.start()
    total = sum(answers.get() for _ in workers)
    for each in workers:
        each.join()
    return float(total) / seconds


def worker(dsn: str, objects: str, number: int, seconds: float, gate: Any, answers: Any) -> None:
    mark = f"{os.getpid()}_{number}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set client_min_messages = error")
        check(connection, "warm", "up", "alter table warm add column up int")
        gate.wait()
        done = 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            table = "common" if objects == "common" else f"own_{mark}_{done}"
            register(
                connection, f"agent {number}", f"f {mark}",
                f"alter table {table} add column c_{mark}_{done} int",
            )  # fmt: skip
            if objects == "common":
                # Ended at once: what is measured is the queue for the table, not its length.
                connection.execute(
                    "select coord.mark_abandoned(id) from coord.intent"
                    " where agent_id = %s and status in ('registered', 'conflicted')"
                    " and tables_affected = '{common}'",
                    (f"agent {number}",),
                )
            done += 1
        answers.put(done)


def cold(cluster: Cluster) -> Iterator[Figure]:
    """What the first call of a session costs, and every further one."""
    changes = "alter table users add column c int"

    def first_call(call: str) -> float:
        with cluster.connect("bench_sessions") as connection:
            return samples(lambda query: connection.execute(query), [call])[0]

    for name, call in (
        ("select 1", "select 1"),
        ("coord.footprint", f"select * from coord.footprint('{changes}')"),
        ("coord.check_intent", f"select * from coord.check_intent('a', 'b', '{changes}')"),
    ):
        yield figure("cold session", f"first call: {name}", [first_call(call) for _ in range(15)])
    with cluster.connect("bench_sessions") as connection:
        call = f"select * from coord.footprint('{changes}')"
        times = samples(lambda _: connection.execute(call), range(500))
        yield figure("cold session", "warm call: coord.footprint", times[20:])


def memory(cluster: Cluster, registrations: int) -> Iterator[Figure]:
    with cluster.connect("bench_sessions") as connection:
        connection.execute("set client_min_messages = error")
        register(connection, "keeper", "first", "alter table keep add column c int")
        pid = scalar(connection, "select pg_backend_pid()")
        before = resident(pid)
        for number in range(registrations):
            register(
                connection, "keeper", f"keep {number % 100}",
                f"alter table keep_{number} add column c int",
            )  # fmt: skip
        yield Figure("memory", "private memory of a backend after one registration", before, "MB")
        yield Figure(
            "memory",
            f"private memory of a backend after {registrations:,} more",
            resident(pid),
            "MB",
        )


def resident(pid: int) -> float:
    """Private resident memory in MB: shared buffers that were touched do not count."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return 0.0
