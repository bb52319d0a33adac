"""What reading DDL costs: one ordinary statement, a long script, the worst within the limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, LiteralString

import psycopg

from bench.database import Connection, fresh, scalar
from bench.timing import Figure, at_most, median
from tests import hostile_shapes
from tests.hostile_shapes import Shape
from tools.cluster import Cluster

SUITE = "parsing"

TYPICAL = "ALTER TABLE users ADD COLUMN email text NOT NULL DEFAULT ''"
CALLS = 5
WORST = 6
"""As many shapes as were slowest once are measured again, in turns."""
SECONDS = 2.0

HARNESS: LiteralString = """
create function footprint_us(changes text, calls int) returns float8 language plpgsql as $$
declare
    began timestamptz := clock_timestamp();
begin
    for n in 1..calls loop
        perform * from coord.footprint(changes);
    end loop;
    return extract(epoch from clock_timestamp() - began) * 1000000 / calls;
end
$$;
create function bare_us(changes text, calls int) returns float8 language plpython3u as $$
import sys
import time
parse_sql = sys.modules['pglast.parser'].parse_sql
began = time.perf_counter()
for _ in range(calls):
    parse_sql(changes)
return (time.perf_counter() - began) * 1000000 / calls
$$;
create function parse_s(changes text) returns float8 language plpython3u as $$
import sys
import time
name, = (n for n in sys.modules if n.startswith('coord_detector_') and n.endswith('.script'))
script = sys.modules[name]
began = time.perf_counter()
try:
    script.parse_changes(changes)
except script.ScriptError:
    pass  # refused: what that took counts as well
return time.perf_counter() - began
$$;
"""


def run(cluster: Cluster, quick: bool) -> Iterator[Figure]:
    connection = fresh(cluster, "bench_parsing")
    connection.execute(HARNESS)
    scalar(connection, "select count(*) from coord.footprint(%s::text)", TYPICAL)
    yield from typical(connection, 50 if quick else 500)
    yield from long_script(
        connection, 100_000 if quick else limit(connection, "max_script_bytes"), 3
    )
    yield from worst(connection, quick)
    connection.close()


def typical(connection: Connection, rounds: int) -> Iterator[Figure]:
    """One ordinary statement against the parser alone, in turns and in one backend."""
    whole: list[float] = []
    bare: list[float] = []
    for number in range(-5, rounds):
        taken = (
            scalar(connection, "select footprint_us(%s, %s)", TYPICAL, CALLS),
            scalar(connection, "select bare_us(%s, %s)", TYPICAL, CALLS),
        )
        if number >= 0:
            whole.append(taken[0])
            bare.append(taken[1])
    yield Figure(SUITE, "parse_sql alone, a typical ALTER TABLE", median(bare), "us")
    yield Figure(SUITE, "coord.footprint, a typical ALTER TABLE", median(whole), "us")
    yield at_most(SUITE, "coord.footprint / parse_sql alone", median(whole) / median(bare), 6)


def migrations(length: int) -> str:
    """A script of what migrations are made of, about as long as that."""
    parts: list[str] = []
    size = number = 0
    while True:
        table = f"customer_{number}"
        part = f"""
CREATE TABLE {table} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL
  UNIQUE, country_id int REFERENCES country (id), created_at timestamptz DEFAULT now());
CREATE INDEX ON {table} (lower(email)) WHERE created_at IS NOT NULL;
ALTER TABLE {table} ADD COLUMN balance numeric(12, 2) NOT NULL DEFAULT 0 CHECK (balance >= 0);
CREATE VIEW active_{table} AS SELECT c.id, c.email, k.name FROM {table} c JOIN country k
  ON k.id = c.country_id WHERE c.balance > 0;
UPDATE {table} SET balance = 10 WHERE email LIKE '%@example.com';
COMMENT ON TABLE {table} IS 'Customers of region {number}';
GRANT SELECT ON {table} TO reporting;
"""
        if size + len(part) > length:
            return "".join(parts)
        parts.append(part)
        size += len(part)
        number += 1


def long_script(connection: Connection, length: int, rounds: int) -> Iterator[Figure]:
    script = migrations(length)
    taken = [timed(partial(footprint, connection, script)) for _ in range(rounds)]
    name = f"coord.footprint, {len(script) // 1000:,} kB of ordinary migrations"
    yield Figure(SUITE, name, median(taken), "s")


def worst(connection: Connection, quick: bool) -> Iterator[Figure]:
    """The longest statement of every hostile shape; of a script, as much as makes one statement."""
    length = 20_000 if quick else limit(connection, "max_statement_bytes") - 100
    shapes = hostile_shapes.ALL[::10] if quick else hostile_shapes.ALL
    once: dict[Shape, tuple[float, float]] = {}
    for shape in shapes:
        text = shape.of_length(length)
        once[shape] = parse(connection, text), timed(partial(footprint, connection, text))
    by_parsing = sorted(once, key=lambda shape: -once[shape][0])[:WORST]
    by_all = sorted(once, key=lambda shape: -once[shape][1])[:WORST]
    parsing: dict[str, list[float]] = {shape.name: [] for shape in by_parsing}
    whole: dict[str, list[float]] = {shape.name: [] for shape in by_all}
    for _ in range(1 if quick else 5):
        for shape in by_parsing:
            parsing[shape.name].append(parse(connection, shape.of_length(length)))
        for shape in by_all:
            text = shape.of_length(length)
            whole[shape.name].append(timed(partial(footprint, connection, text)))
    kilobytes = length // 1000
    for what, times in (("parser", parsing), ("coord.footprint", whole)):
        name = max(times, key=lambda one: median(times[one]))
        yield in_time(f"{what}, worst {kilobytes} kB of {len(shapes)}: {name}", median(times[name]))


def limit(connection: Connection, name: str) -> int:
    return int(scalar(connection, "select value from coord.setting where name = %s", name))


def in_time(name: str, seconds: float) -> Figure:
    return Figure(SUITE, name, seconds, "s", None, f"at most {SECONDS:g}", seconds <= SECONDS)


def parse(connection: Connection, text: str) -> float:
    return float(scalar(connection, "select parse_s(%s)", text))


def timed(operation: Callable[[], object]) -> float:
    began = time.perf_counter()
    operation()
    return time.perf_counter() - began


def footprint(connection: Connection, text: str) -> Any:
    """The number of touches, or the SQLSTATE of a refusal."""
    try:
        return scalar(connection, "select count(*) from coord.footprint(%s::text)", text)
    except psycopg.errors.Error as error:
        if error.sqlstate not in ("42601", "54000", "22023", "22P02"):
            raise
        return error.sqlstate
