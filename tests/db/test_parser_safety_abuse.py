"""What else a caller can send besides DDL: each argument is bounded, and errors are clean."""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg
import pytest

Connection = psycopg.Connection[Any]

REGISTER: LiteralString = (
    "select coord.register_intent(%s, %s, %s::text, %s::text[], metadata => %s::jsonb)"
)
CHANGES = "ALTER TABLE users ADD COLUMN email text"


def refused(connection: Connection, query: LiteralString, *arguments: object) -> psycopg.Error:
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(query, arguments)
    diagnostics = caught.value.diag
    assert diagnostics.message_hint
    # What is wrong is said, not repeated in full.
    assert len(str(caught.value)) < 2000
    return caught.value


def register(
    connection: Connection,
    agent: object = "agent",
    feature: object = "feature",
    changes: object = CHANGES,
    tables: object = None,
    metadata: object = "{}",
) -> str | None:
    return refused(connection, REGISTER, agent, feature, changes, tables, metadata).sqlstate


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31mb", "\x7f", "a\rb", "\t\n", ""])
def test_names_with_control_characters(conn: Connection, name: str) -> None:
    assert register(conn, agent=name) == "22023"
    assert register(conn, feature=name) == "22023"


def test_names_too_long(conn: Connection) -> None:
    assert register(conn, agent="a" * 1_000_000) == "54000"
    assert register(conn, feature="é" * 1_000_000) == "54000"


@pytest.mark.parametrize(
    ("metadata", "sqlstate"),
    [
        ("[]", "22023"),
        ("1", "22023"),
        ("null", "22023"),
        ('{"a": "' + "x" * 200_000 + '"}', "54000"),
        ('{"a": ' + "[" * 5000 + "]" * 5000 + "}", None),
        ('{"depends_on": ' + "[" * 100 + "]" * 100 + "}", None),
        ('{"depends_on": {"a": 1}}', None),
        ('{"depends_on": [null, 1, {}, []]}', None),
    ],
    ids=lambda value: str(value)[:20],
)
def test_metadata(conn: Connection, metadata: str, sqlstate: str | None) -> None:
    if sqlstate is not None:
        assert register(conn, metadata=metadata) == sqlstate
        return
    conn.execute(REGISTER, ("agent", "feature", CHANGES, None, metadata))
    conn.execute("select * from coord.merge_order()").fetchall()


@pytest.mark.parametrize(
    ("tables", "sqlstate"),
    [
        ("{NULL}", "22023"),
        ('{""}', "22023"),
        ("{users,NULL}", "22023"),
        ("{{users},{NULL}}", "22023"),
        ("{{users,orders},{a,b}}", "22023"),
        ('{"a;b"}', "22023"),
        ('{"users; drop table users"}', "22023"),
        ('{"users in access share mode"}', "22023"),
        ('{"' + "x" * 300_000 + '."}', "22023"),
        ("{" + ",".join(["a"] * 10_001) + "}", "54000"),
        ('{"' + ",".join(["a"] * 10_001) + '"}', "54000"),
        ("{" + ",".join(["a"] * 1_000_000) + "}", "54000"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_tables_affected(conn: Connection, tables: str, sqlstate: str) -> None:
    assert register(conn, tables=tables) == sqlstate


FOOTPRINT: LiteralString = "select count(*) from coord.footprint(%s, %s)"


@pytest.mark.parametrize(
    ("path", "sqlstate"),
    [
        (",".join(f"s{n}" for n in range(200)), "54000"),
        (",".join(f"s{n}" for n in range(13_000)), "22023"),
        ("x" * 10_000_000, "22023"),
        ("a; drop table t", "22023"),
        ("a, 1", "22023"),
        ("default", "22023"),
        ("'", "22023"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_search_paths(conn: Connection, path: str, sqlstate: str) -> None:
    assert refused(conn, FOOTPRINT, CHANGES, path).sqlstate == sqlstate


@pytest.mark.parametrize(
    "changes",
    [
        "SET search_path = " + ",".join(f"s{n}" for n in range(13_000)),
        "SELECT set_config('search_path', '"
        + ",".join(f"s{n}" for n in range(13_000))
        + "', true)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = "
        + ",".join(f"s{n}" for n in range(13_000))
        + " AS 'select 1'",
        "SET search_path = "
        + ",".join(f"s{n}" for n in range(100))
        + "; DROP TABLE "
        + ",".join(f"t{n}" for n in range(20_000)),
        ";".join(["SELECT 1"] * 20_001),
        "x" * 10_000_000,
    ],
    ids=lambda value: value[:20],
)
def test_scripts_that_ask_for_too_much(conn: Connection, changes: str) -> None:
    assert refused(conn, FOOTPRINT, changes, None).sqlstate == "54000"


COMPARE: LiteralString = "select count(*) from coord.compare_changes(%s::text, %s::text)"


def test_two_scripts_of_ten_megabytes(conn: Connection) -> None:
    script = "ALTER TABLE t ADD a int;\n" * 400_000
    assert refused(conn, COMPARE, script, script).sqlstate == "54000"


@pytest.mark.parametrize("elements", [[None], ["SELECT 1", None], [[None]], [["SELECT 1"], [None]]])
def test_changes_with_null_elements(conn: Connection, elements: list[Any]) -> None:
    query: LiteralString = "select * from coord.footprint(%s::text[])"
    assert refused(conn, query, elements).sqlstate == "22004"


PAIRS = {
    "wildcards": (
        ";".join(f"GRANT SELECT ON ALL TABLES IN SCHEMA s TO r{n}" for n in range(3000)),
        ";".join(f"CREATE TABLE s.t{n} (a int)" for n in range(3000)),
    ),
    "default privileges": (
        ";".join(f"ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO r{n}"
                 for n in range(3000)),
        ";".join(f"CREATE TABLE s.t{n} (a int)" for n in range(3000)),
    ),
    "truncated again and again": ("TRUNCATE a" + ",a" * 20_000, "TRUNCATE a" + ",a" * 20_000),
    "one table": (
        ";".join(f"INSERT INTO t (a, b) VALUES ({n}, {n})" for n in range(5000)),
        ";".join(f"UPDATE t SET a = {n} WHERE b = {n}" for n in range(5000)),
    ),
    "columns of one table": (
        "ALTER TABLE t " + ",".join(f"ADD a{n} int" for n in range(8000)),
        "ALTER TABLE t " + ",".join(f"ADD a{n} text" for n in range(8000)),
    ),
    "one column": (
        ";".join(f"ALTER TABLE t ALTER a SET DEFAULT {n}" for n in range(5000)),
        ";".join(f"ALTER TABLE t ALTER a SET DEFAULT {n + 1}" for n in range(5000)),
    ),
    "foreign keys": (
        ";".join(f"ALTER TABLE t ADD FOREIGN KEY (a{n}) REFERENCES p (b{n})" for n in range(2500)),
        ";".join(f"ALTER TABLE p ADD UNIQUE (b{n})" for n in range(2500)),
    ),
    "overloads": (
        ";".join(f"CREATE FUNCTION f(a{n}) RETURNS int LANGUAGE sql AS 'select 1'"
                 for n in range(2500)),
        ";".join(f"SELECT f({n})" for n in range(2500)) + ";" + ";".join(
            f"DROP FUNCTION f(a{n})" for n in range(2500)),
    ),
    "labels": (
        ";".join(f"ALTER TYPE e ADD VALUE 'a{n}' BEFORE 'b{n}'" for n in range(2500)),
        ";".join(f"ALTER TYPE e RENAME VALUE 'b{n}' TO 'a{n}'" for n in range(2500)),
    ),
    "schemas": (
        ";".join(f"DROP SCHEMA s{n}" for n in range(3000)),
        ";".join(f"CREATE TABLE s{n}.t (a int)" for n in range(3000)),
    ),
    "roles": (
        ";".join(f"DROP OWNED BY r{n}" for n in range(2000)),
        ";".join(f"ALTER TABLE t{n} OWNER TO r{n}" for n in range(2000)),
    ),
    "publications": (
        ";".join(f"ALTER PUBLICATION p SET TABLE t{n}" for n in range(2000)),
        ";".join(f"ALTER PUBLICATION p DROP TABLE t{n}" for n in range(2000)),
    ),
    "stars": (
        ";".join(f"CREATE VIEW v{n} AS SELECT * FROM t" for n in range(2000)),
        "ALTER TABLE t " + ",".join(f"DROP a{n}" for n in range(5000)),
    ),
    "policies": (
        ";".join(f"CREATE POLICY p{n} ON t USING (a > {n})" for n in range(2000)),
        ";".join(f"ALTER TABLE t RENAME p{n} TO q{n}" for n in range(2000)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS)
def test_pairs_that_have_much_in_common(conn: Connection, pair: str) -> None:
    """Nobody waits forever for the verdict: far more than a minute would be given up."""
    one, two = PAIRS[pair]
    conn.execute("set statement_timeout = '120s'")
    for first, second in ((one, two), (two, one), (one, one)):
        row = conn.execute(COMPARE, (first, second)).fetchone()
        assert row is not None
        assert row[0] <= 100
