"""How the cost of registering and checking grows with the number of active intents."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial

from bench.database import Connection, check, fill, fresh, register, scalar
from bench.timing import Figure, at_most, figure, median, p95, samples
from tools.cluster import Cluster

SUITE = "registration"
SIZES = (0, 100, 1_000, 10_000, 100_000)
QUICK_SIZES = (0, 100, 1_000)
ROUNDS = 200
BUSY_TABLES = 40
CANDIDATES = 10

_numbers = itertools.count()


def run(cluster: Cluster, quick: bool) -> Iterator[Figure]:
    sizes = QUICK_SIZES if quick else SIZES
    connection = fresh(cluster, "bench_registration")
    present = 0
    size_before = 0
    for size in sizes:
        fill(connection, present, size, "alter table filler_%s add column c text")
        present = size
        connection.execute("vacuum analyze")
        if size == sizes[1]:
            size_before = scalar(connection, "select pg_database_size(current_database())")
        for what, times in measured(connection):
            yield figure(SUITE, f"{what}, {size:,} active intents", times)
    size_after = scalar(connection, "select pg_database_size(current_database())")
    per_intent = (size_after - size_before) / (sizes[-1] - sizes[1]) / 1024
    yield Figure(SUITE, "database size per intent", per_intent, "kB")
    yield from ratios(cluster, connection, sizes[-1])
    yield from history(connection)
    connection.close()
    yield from hot_table(cluster)
    yield from order(cluster)


def ratios(cluster: Cluster, full: Connection, most: int) -> Iterator[Figure]:
    """Among many against among none, in turns: whatever else the machine does happens to both."""
    empty = fresh(cluster, "bench_empty")
    for table in range(BUSY_TABLES):
        pattern, owner = f"alter table crowded_{table} add column c_%s text", f"owner {table} %s"
        fill(full, 0, CANDIDATES, pattern, agent=owner)
    times: dict[str, list[float]] = {"empty": [], "full": [], "candidates": []}
    for number in range(-5, BUSY_TABLES):
        changes = f"alter table turn_{number + 5} add column c text"
        crowded = f"alter table crowded_{max(number, 0)} add column turn_{number + 5} text"
        for name, connection, text in (
            ("empty", empty, changes),
            ("full", full, changes),
            ("candidates", full, crowded),
        ):
            taken = samples(partial(register, connection, f"turn {number}", "turns"), [text])
            times[name] += taken if number >= 0 else []
            connection.execute(
                "update coord.intent set status = 'abandoned' where agent_id = %s"
                " and status in ('registered', 'conflicted')",
                (f"turn {number}",),
            )
    yield at_most(
        SUITE,
        f"register among {most:,} / among none, in turns",
        median(times["full"]) / median(times["empty"]),
        1.3,
    )
    yield at_most(
        SUITE,
        f"register with {CANDIDATES} candidates among {most:,} / among none, in turns",
        median(times["candidates"]) / median(times["empty"]),
        2,
    )
    empty.close()


def measured(connection: Connection) -> Iterator[tuple[str, list[float]]]:
    """Registering and checking; what they add is ended again, so that the size stays."""
    mark = next(_numbers)
    changes = [f"alter table probe_{mark}_{n} add column c text" for n in range(ROUNDS)]
    for warm_up in changes[:20]:
        check(connection, "probe", "probe", warm_up)
    yield (
        "check, disjoint",
        samples(lambda text: check(connection, "probe", "a probe", text), changes),
    )
    yield (
        "register, disjoint",
        samples(lambda text: register(connection, "probe", f"probe {mark}", text), changes),
    )
    busy = f"busy_{mark}"
    for table in range(BUSY_TABLES):
        fill(
            connection,
            0,
            CANDIDATES,
            f"alter table {busy}_{table} add column c_%s text",
            agent=f"owner of {table} %s",
        )
    changes = [f"alter table {busy}_{n} add column probe text" for n in range(BUSY_TABLES)]
    yield (
        f"check, {CANDIDATES} candidates",
        samples(lambda text: check(connection, "probe", "a probe", text), changes),
    )
    yield (
        f"register, {CANDIDATES} candidates",
        samples(lambda text: register(connection, "probe", f"busy probe {mark}", text), changes),
    )
    connection.execute(
        "update coord.intent set status = 'abandoned' from coord.status s"
        " where s.status = intent.status and s.is_active and not tables_affected[1] like 'filler%'"
    )


def hot_table(cluster: Cluster) -> Iterator[Figure]:
    """One table that everybody changes."""
    connection = fresh(cluster, "bench_hot")
    crowd = 1_000
    # One agent's, or filling alone would record half a million conflicts.
    fill(connection, 0, crowd, "alter table hot add column c_%s text", agent="crowd")
    connection.execute("vacuum analyze")
    registrations: list[float] = []
    inserts: list[float] = []
    for number in range(10):
        registrations += samples(
            lambda n: register(
                connection, f"agent {n}", f"hot {n}", f"alter table hot add column new_{n} text"
            ),
            [number],
        )
        conflicts = scalar(
            connection,
            "select count(*) from coord.conflict c join coord.intent i on i.id = c.intent_a"
            " where i.agent_id = %s",
            f"agent {number}",
        )
        assert conflicts == crowd, f"{conflicts} conflicts found, not {crowd}"
        inserts += samples(lambda n: insert_conflicts(connection, n), [number])
        connection.execute(
            "select coord.mark_abandoned(id) from coord.intent where agent_id = %s",
            (f"agent {number}",),
        )
    yield Figure(
        "hot table", f"register with {crowd:,} candidates, first call", registrations[0], "ms"
    )
    yield figure("hot table", f"register with {crowd:,} candidates", registrations)
    yield figure("hot table", f"INSERT of {crowd:,} conflict rows", inserts)
    yield at_most(
        "hot table",
        f"register with {crowd:,} candidates / INSERT of {crowd:,} rows",
        median(registrations) / median(inserts),
        5,
    )
    connection.close()


def insert_conflicts(connection: Connection, number: int) -> None:
    """As many rows as the registration stored, by one plain statement."""
    connection.execute(
        "insert into coord.conflict (intent_a, intent_b, conflict_type, affected_objects, severity,"
        " outcome, rule, resolution_suggestions, moot_at, moot_reason, created_at)"
        " select c.intent_a, c.intent_b, c.conflict_type, c.affected_objects, c.severity,"
        " c.outcome, c.rule, c.resolution_suggestions, now(), 'benchmark', now()"
        " from coord.conflict c join coord.intent i on i.id = c.intent_a where i.agent_id = %s",
        (f"agent {number}",),
    )


def order(cluster: Cluster) -> Iterator[Figure]:
    """The order of a thousand intents, each of which names two others that it depends on."""
    connection = fresh(cluster, "bench_order")
    crowd = 1_000
    connection.execute(
        f"""
        do $fill$
        begin
            for n in 1..{crowd} loop
                perform coord.register_intent('agent', 'feature ' || n,
                    format('alter table t%s add column c text', n),
                    metadata => jsonb_build_object('depends_on', jsonb_build_array(
                        'feature ' || greatest(1, n - 1), 'feature ' || greatest(1, n / 2))));
            end loop;
        end
        $fill$"""
    )
    times = samples(lambda _: connection.execute("select * from coord.merge_order()"), range(5))
    yield figure("merge order", f"merge_order of {crowd:,} intents with depends_on", times)
    connection.close()


def history(connection: Connection) -> Iterator[Figure]:
    rows = scalar(connection, "select count(*) from coord.intent_history")
    times = samples(lambda _: connection.execute("select * from coord.verify_history()"), range(3))
    yield Figure(
        "history", "verify_history, rows per second", rows / median(times) * 1000, "rows/s"
    )
    times = samples(lambda _: connection.execute("select coord.history_digest()"), range(3))
    yield Figure("history", f"history_digest of {rows:,} rows", median(times), "ms", p95(times))
