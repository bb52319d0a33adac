"""No input may take the server down, wedge a session or bloat it: parsing in real backends.

That the postmaster lives proves nothing, since it survives the crash of a backend and restarts
all others. So each test keeps a second session open throughout and reads the server's log.
``FUZZ_EXAMPLES`` in the environment (``make fuzz``) tries every shape at every length.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any, LiteralString

import psycopg
import pytest

from tests import hostile_shapes
from tests.hostile_shapes import Shape

Connection = psycopg.Connection[Any]

THOROUGH = "FUZZ_EXAMPLES" in os.environ
MEGABYTES = 600
"""What one backend may come to need; a crash by memory is as bad as any."""

HARNESS: LiteralString = """
create function parse_all(scripts text[], rounds int) returns text[] language plpython3u as $$
import sys
plpy.execute('select coord._load_detector()')
name, = (n for n in sys.modules if n.startswith('coord_detector_') and n.endswith('.script'))
script_module = sys.modules[name]
outcomes = []
for _ in range(rounds):
    for script in scripts:
        try:
            outcomes.append(f'{len(script_module.parse_changes(script))} statements')
        except script_module.ScriptError as error:
            outcomes.append(error.sqlstate)
return outcomes
$$;
create function megabytes() returns int language plpython3u as $$
with open('/proc/self/status') as status:
    peak, = (line for line in status if line.startswith('VmHWM'))
return int(peak.split()[1]) // 1024
$$;
create function import_parser(folder text) returns text language plpython3u as $$
import sys
sys.path.append(folder)
import pglast
return pglast.__version__
$$;
"""

FOOTPRINT: LiteralString = "select count(*) || ' touches' from coord.footprint(%s)"


@pytest.fixture
def watched(
    connect: Callable[..., Connection], server_log: Callable[[], str]
) -> Iterator[Connection]:
    """A connection with the harness; afterwards no backend of the server has crashed."""
    watch = connect()
    watch.execute("select 1")
    work = connect()
    work.execute(HARNESS)
    yield work
    assert watch.execute("select 'alive'").fetchone() == ("alive",)
    assert "terminated by signal" not in server_log()


def outcome(connection: Connection, query: LiteralString, text: object) -> str:
    try:
        row = connection.execute(query, (text,)).fetchone()
    except psycopg.Error as error:
        return error.sqlstate or repr(error)
    assert row is not None
    return str(row[0])


CLEAN = ("54000", "42601", "22P02", "22023", "22021")


def is_clean(result: str) -> bool:
    return result in CLEAN or result.endswith((" statements", " touches"))


def lengths_of(shape: Shape) -> list[int]:
    if THOROUGH:
        return [100, 4000, 5000, 48_000, 100_000, 199_000, 201_000, 1_000_000, 10_000_000]
    # Half a second each for the longest chains; 48 kB is where the first overflow a plain stack.
    if shape.name in ("plus in select list", "plus in check", "plus in view"):
        return [100, 50_000]
    return [100, 10_000]


@pytest.mark.parametrize("family", ["CHAINS", "NESTED", "WIDE", "FLAT"])
def test_hostile_shapes_leave_the_server_alive(watched: Connection, family: str) -> None:
    shapes: tuple[Shape, ...] = getattr(hostile_shapes, family)
    for shape in shapes:
        for length in lengths_of(shape):
            result = outcome(watched, FOOTPRINT, shape.of_length(length))
            assert is_clean(result), (shape.name, length, result)
    row = watched.execute("select megabytes()").fetchone()
    assert row is not None
    assert row[0] < MEGABYTES


LARGE = {
    "plus in select list": [199_000],
    "union in view": [199_000],
    "nodes and letters outside ascii": [199_000],
    "block comments": [1_000_000],
    "operator": [900_000],
    "semicolons": [900_000],
    "array literal": [1_000_000],
    "garbage": [1_000_000],
    "letters outside ascii": [10_000_000],
    "open array literals": [10_000_000],
}


def test_the_largest_inputs_leave_the_server_alive(watched: Connection) -> None:
    shapes = {shape.name: shape for shape in hostile_shapes.ALL}
    for name, lengths in LARGE.items():
        for length in lengths:
            result = outcome(watched, FOOTPRINT, shapes[name].of_length(length))
            assert is_clean(result), (name, length, result)
            if length > 1_000_000:
                assert result in ("54000", "22P02")
    row = watched.execute("select megabytes()").fetchone()
    assert row is not None
    assert row[0] < MEGABYTES


VALID = [
    "ALTER TABLE users ADD COLUMN email text",
    "CREATE TABLE t (a int PRIMARY KEY, b text DEFAULT 'é' CHECK (b <> ''))",
    "CREATE VIEW v AS SELECT * FROM a JOIN b USING (c) WHERE d IN (SELECT 1)",
    "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END $$",
    "DROP TABLE a, b CASCADE; DROP TYPE c",
    "SELECT 1 -- long enough for a thread" + " " * 5000,
    "INSERT INTO t VALUES (1, 'x')" + ", (2, 'y')" * 20,
]
INVALID = [
    "ALTER TABL users",
    "SELECT 'open",
    "SELECT (" * 50,
    "\\d",
    "CREATE TABLE t (",
    "/* open",
    "SELECT $a$ $b$",
    "é é é",
    "-- nothing",
    "{a,",
]


def test_twenty_thousand_parses_in_one_session(watched: Connection) -> None:
    seed = random.Random(1)
    scripts = [*VALID, *INVALID]
    for _ in range(183):
        text = seed.choice(VALID[:5])
        at = seed.randrange(len(text))
        scripts.append(text[:at] + seed.choice("'\"$();\\é ") + text[at + seed.randrange(4) :])
    row = watched.execute("select parse_all(%s::text[], 100)", (scripts,)).fetchone()
    assert row is not None
    assert len(row[0]) == 20_000
    assert all(map(is_clean, row[0]))
    first = row[0][: len(scripts)]
    assert row[0] == first * 100
    assert [result.endswith("statements") for result in first[: len(VALID)]] == [True] * len(VALID)
    assert not any(result.endswith("statements") for result in first[len(VALID) :][: len(INVALID)])
    peak = watched.execute("select megabytes()").fetchone()
    assert peak is not None
    assert peak[0] < MEGABYTES


def test_footprints_valid_and_invalid_in_one_session(watched: Connection) -> None:
    for text in VALID * 10:
        result = outcome(watched, FOOTPRINT, text)
        assert result.endswith(" touches"), text
    for text in INVALID * 10:
        assert outcome(watched, FOOTPRINT, text) in CLEAN


def parser_folder(connection: Connection) -> str:
    row = connection.execute("select path from coord.detector_check()").fetchone()
    assert row is not None
    return str(row[0]).removesuffix("/pglast")


def test_a_parser_that_somebody_else_imported_is_refused(
    watched: Connection, connect: Callable[..., Connection]
) -> None:
    folder = parser_folder(watched)
    session = connect()
    session.execute("select import_parser(%s)", (folder,))
    for query in (FOOTPRINT, FOOTPRINT):
        with pytest.raises(psycopg.Error) as caught:
            session.execute(query, ("SELECT 1",))
        assert caught.value.sqlstate == "IC006"
        assert "already imported" in str(caught.value.diag.message_primary)
        assert "new session" in str(caught.value.diag.message_hint)
    checked = session.execute("select safe, problems from coord.detector_check()").fetchone()
    assert checked is not None
    assert checked[0] is False
    assert "already imported" in checked[1][0]
    # In the other order both work: what we loaded is safe for everybody.
    assert watched.execute("select import_parser(%s)", (folder,)).fetchone()
    assert outcome(watched, FOOTPRINT, "DROP TABLE t") == "1 touches"


def test_the_parser_is_loaded_with_deep_binding(watched: Connection) -> None:
    row = watched.execute(
        "select backend, deep_bind, safe, left(grammar, 13) from coord.detector_check()"
    ).fetchone()
    assert row == (True, True, True, "PostgreSQL 18")


# Several statements, each of which takes the parser a second or so.
SLOW = ";".join(["SELECT 1" + "+1" * 50_000] * 8)


@pytest.mark.parametrize("query", [FOOTPRINT, "select coord.footprint(array[%s])"])
def test_a_statement_timeout_ends_a_long_call(watched: Connection, query: LiteralString) -> None:
    watched.execute("set statement_timeout = '100ms'")
    with pytest.raises(psycopg.errors.QueryCanceled):
        watched.execute(query, (SLOW,))
    watched.execute("reset statement_timeout")
    assert outcome(watched, FOOTPRINT, "DROP TABLE t") == "1 touches"


def test_a_long_call_can_be_cancelled(
    watched: Connection, connect: Callable[..., Connection]
) -> None:
    outcome(watched, FOOTPRINT, "SELECT 1")
    session = connect()
    results: list[str] = []
    caller = threading.Thread(target=lambda: results.append(outcome(watched, FOOTPRINT, SLOW)))
    caller.start()
    while caller.is_alive():
        session.execute(
            "select pg_cancel_backend(pid) from pg_stat_activity"
            " where pid = %s and state = 'active' and query like '%%coord.footprint%%'",
            (watched.info.backend_pid,),
        )
        caller.join(0.05)
    assert results == ["57014"]
    assert outcome(watched, FOOTPRINT, "DROP TABLE t") == "1 touches"
