"""Every hostile shape at every length through ``coord.footprint``: an answer, or a clean error.

Each input is given three times: as it is, with a statement_timeout, and with a cancel request that
comes in the middle. ``make test`` takes the short lengths of some shapes; ``make fuzz`` takes all
shapes up to 10 MB and prints what was the longest, the largest and the latest.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg
import pytest

from tests.hostile_shapes import ALL, Shape

Connection = psycopg.Connection[Any]

THOROUGH = "FUZZ_EXAMPLES" in os.environ
LENGTHS = (100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
SHAPES = ALL if THOROUGH else ALL[::9]
CLEAN = frozenset(("42601", "54000", "22023", "22021", "22P02"))
MEGABYTES = 600
TIMEOUT_MS = 500
CANCEL_AFTER_S = 0.3


class Run(NamedTuple):
    shape: str
    length: int
    outcome: str
    seconds: float
    megabytes: int


def resident_megabytes(connection: Connection) -> int:
    with open(f"/proc/{connection.info.backend_pid}/status", encoding="ascii") as status:
        [line] = (line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) // 1024


def footprint(connection: Connection, shape: Shape, length: int) -> Run:
    text = shape.of_length(length)
    begin = time.perf_counter()
    try:
        connection.execute("select count(*) from coord.footprint(%s::text)", (text,))
        outcome = "footprint"
    except psycopg.Error as error:
        outcome = error.sqlstate or repr(error)
    seconds = time.perf_counter() - begin
    return Run(shape.name, length, outcome, seconds, resident_megabytes(connection))


def told(kind: str, runs: list[Run]) -> None:
    slowest = max(runs, key=lambda run: run.seconds)
    largest = max(runs, key=lambda run: run.megabytes)
    print(f"{kind}: {len(runs)} inputs; slowest {slowest}; largest {largest}")


@pytest.fixture
def watched(connect: Callable[..., Connection], server_log: Callable[[], str]) -> Any:
    """A backend that is warm; afterwards no backend of the server has crashed."""
    watch = connect()
    watch.execute("select 1")
    work = connect()
    work.execute("select coord.footprint('select 1')")
    yield work
    assert watch.execute("select 'alive'").fetchone() == ("alive",)
    assert "terminated by signal" not in server_log()


def lengths() -> tuple[int, ...]:
    return LENGTHS if THOROUGH else LENGTHS[:3]


def test_every_input_gets_an_answer_or_a_clean_error(watched: Connection) -> None:
    runs = [footprint(watched, shape, length) for shape in SHAPES for length in lengths()]
    told("plain", runs)
    wrong = [run for run in runs if run.outcome not in CLEAN and run.outcome != "footprint"]
    assert wrong == []
    assert max(run.megabytes for run in runs) < MEGABYTES
    # What the limits stop is stopped before anything is parsed.
    assert all(run.outcome != "footprint" for run in runs if run.length > LENGTHS[4])


def test_every_input_obeys_a_statement_timeout(watched: Connection) -> None:
    watched.execute(f"set statement_timeout = {TIMEOUT_MS}")
    runs = [footprint(watched, shape, length) for shape in SHAPES for length in lengths()[2:]]
    told("timeout", runs)
    wrong = [
        run
        for run in runs
        if run.outcome not in CLEAN and run.outcome not in ("footprint", "57014")
    ]
    assert wrong == []


def test_every_input_can_be_cancelled(
    watched: Connection, connect: Callable[..., Connection]
) -> None:
    other = connect()
    runs: list[Run] = []
    for shape in SHAPES:
        for length in lengths()[2:5]:
            timer = threading.Timer(CANCEL_AFTER_S, watched.cancel_safe)
            timer.start()
            runs.append(footprint(watched, shape, length))
            timer.cancel()
            timer.join()
            # A request that came too late for its statement must not hit the next one.
            _let_pass(watched)
    told("cancelled", runs)
    wrong = [
        run
        for run in runs
        if run.outcome not in CLEAN and run.outcome not in ("footprint", "57014")
    ]
    assert wrong == []
    assert other.execute("select 1").fetchone() == (1,)


def _let_pass(connection: Connection) -> None:
    try:
        connection.execute("select pg_sleep(0.01)")
    except psycopg.errors.QueryCanceled:
        return
