"""What was installed as plain SQL is upgraded, and becomes an extension, without losing a row."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.db.intents import Connection, add_column, problems
from tests.upgrade.client import run
from tests.upgrade.next_version import Release
from tests.upgrade.snapshot import catalog, contents, difference
from tests.upgrade.story import goes_on, tell
from tests.upgrade.test_update import before_next, facets
from tools.cluster import Cluster
from tools.places import CHECKOUT

ADOPT = "create extension confiture_coord version 'unpackaged'"
UPDATE = "alter extension confiture_coord update"


@pytest.fixture
def plain(plain_install_dsn: str) -> Iterator[Connection]:
    """A plain installation of this version."""
    with closing(psycopg.connect(plain_install_dsn, autocommit=True)) as connection:
        yield connection


def adopt(connection: Connection) -> None:
    with connection.transaction():
        connection.execute(ADOPT)
        connection.execute(UPDATE)


def installer(tree: Path, *arguments: str) -> dict[str, Any]:
    """The installer of a wrapper, as a user of that version runs it."""
    done = subprocess.run(
        [sys.executable, "-m", "confiture_coord", *arguments, "--format", "json"],
        env={"PYTHONPATH": str(tree / "python"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


# -- becoming an extension ----------------------------------------------------------------------


def test_plain_installation_becomes_the_extension_that_a_fresh_install_gives(
    cluster: Cluster, plain: Connection, plain_install_dsn: str, conn: Connection, tmp_path: Path
) -> None:
    digest = tell(plain)
    before = contents(plain)
    adopt(plain)
    assert difference(contents(plain), before) == {}
    assert difference(catalog(plain), catalog(conn)) == {}
    script = run(cluster, "pg_dump", plain_install_dsn)
    assert "CREATE EXTENSION IF NOT EXISTS confiture_coord" in script
    assert "CREATE TABLE" not in script
    goes_on(plain, digest)


def test_open_sessions_do_not_notice(plain: Connection, plain_install_dsn: str) -> None:
    with closing(psycopg.connect(plain_install_dsn, autocommit=True)) as other:
        add_column(other, "ada", "users", "a")
        adopt(plain)
        add_column(other, "bob", "users", "a")
        assert problems(other) == []


def test_create_extension_over_it_is_refused_and_tells_the_way(plain: Connection) -> None:
    with pytest.raises(psycopg.errors.DuplicateSchema) as refused:
        plain.execute("create extension confiture_coord")
    hint = refused.value.diag.message_hint or ""
    way = hint[hint.index("BEGIN") :]
    plain.execute(way)  # the hint is right
    assert problems(plain) == []
    with closing(plain.execute("select extversion from pg_extension where extname ~ 'coord'")) as c:
        assert c.fetchone() is not None


def test_schema_of_somebody_else_is_not_adopted(plain_dsn: str) -> None:
    """Whoever made the schema owns what is inside; nothing of it is called, or taken over."""
    with closing(psycopg.connect(plain_dsn, autocommit=True)) as conn:
        conn.execute(
            """
            create schema coord;
            create table public.was_called (by_whom text);
            grant all on public.was_called to public;
            create function coord.trap() returns text language plpgsql as $$
                begin insert into public.was_called values (current_user); return '0'; end $$;
            create function coord.version() returns text language sql return coord.trap();
            create view coord.plain_install as select coord.trap() as version;
            do $$ begin create role upgrade_mallory;
                exception when duplicate_object then null; end $$;
            alter schema coord owner to upgrade_mallory;
            """
        )
        conn.execute("create extension if not exists plpython3u")
        for attempt in ("create extension confiture_coord", ADOPT):
            with pytest.raises(psycopg.Error) as refused:
                conn.execute(attempt)
            assert refused.value.diag.message_hint
        assert conn.execute("select * from public.was_called").fetchall() == []
        conn.execute("drop schema coord cascade; drop role upgrade_mallory")


def test_adoption_needs_a_plain_installation(plain_dsn: str, conn: Connection) -> None:
    with closing(psycopg.connect(plain_dsn, autocommit=True)) as empty:
        empty.execute("create extension plpython3u")
        with pytest.raises(psycopg.errors.UndefinedObject, match="no plain-SQL installation"):
            empty.execute(ADOPT)
    with pytest.raises(psycopg.errors.DuplicateObject):
        conn.execute(ADOPT)


@pytest.mark.parametrize(
    ("change", "sqlstate", "detail"),
    [
        ("update coord.plain_install set version = '9.9.9'", "IC007", None),
        (
            "grant select on coord.intent to upgrade_grantee",
            "55000",
            "REVOKE SELECT ON table coord.intent FROM upgrade_grantee;",
        ),
        ("drop function coord.unignore", "42704", "missing: function coord.unignore"),
        (
            "alter function coord.unignore owner to upgrade_grantee",
            "42501",
            "function coord.unignore(bigint)",
        ),
    ],
)
def test_adoption_is_refused_where_something_would_be_lost(
    plain: Connection, change: str, sqlstate: str, detail: str | None
) -> None:
    plain.execute(
        "do $$ begin create role upgrade_grantee; exception when duplicate_object then null; end $$"
    )
    plain.execute(change)
    with pytest.raises(psycopg.Error) as refused:
        adopt(plain)
    assert refused.value.sqlstate == sqlstate
    assert refused.value.diag.message_hint
    assert refused.value.diag.message_detail == detail
    assert plain.execute("select from pg_extension where extname ~ 'coord'").fetchall() == []
    plain.execute("drop owned by upgrade_grantee; drop role upgrade_grantee")


# -- upgrading ----------------------------------------------------------------------------------


def test_installer_upgrades_a_plain_installation(
    next_cluster: Cluster, next_version: Release, new_database: Callable[[], str]
) -> None:
    old_dsn, fresh_dsn = new_database(), new_database()
    installed = installer(CHECKOUT, "install", "--plain", "--database-url", old_dsn)
    assert (installed["how"], installed["version"]) == ("plain", next_version.following)
    with closing(psycopg.connect(old_dsn, autocommit=True)) as conn:
        digest = tell(conn)
        before = contents(conn)
        assert "next" not in facets(conn)
        updated = installer(next_version.tree, "install", "--database-url", old_dsn)
        assert (updated["action"], updated["version"]) == ("updated", next_version.version)
        assert facets(conn) == {"next"}
        installer(next_version.tree, "install", "--plain", "--database-url", fresh_dsn)
        with closing(psycopg.connect(fresh_dsn, autocommit=True)) as fresh:
            there = catalog(fresh, extension=False)
        assert difference(catalog(conn, extension=False), there) == {}
        assert difference(before_next(contents(conn)), before_next(before)) == {}
        goes_on(conn, digest)
        # and then becomes an extension of the version that it has now
        before = contents(conn)
        adopt(conn)
        assert difference(contents(conn), before) == {}
        assert problems(conn, digest) == []


def test_old_plain_installation_becomes_an_extension_and_is_then_updated(
    next_cluster: Cluster, next_version: Release, new_database: Callable[[], str]
) -> None:
    old_dsn, fresh_dsn = new_database(), new_database()
    installer(CHECKOUT, "install", "--plain", "--database-url", old_dsn)
    with closing(psycopg.connect(old_dsn, autocommit=True)) as conn:
        digest = tell(conn)
        with pytest.raises(psycopg.Error) as refused:
            adopt(conn)
        assert refused.value.sqlstate == "IC007"
        way = (refused.value.diag.message_hint or "").rpartition(": ")[2]
        with conn.transaction():
            conn.execute(ADOPT)
            conn.execute(way)  # the hint is right
            conn.execute(UPDATE)
        with closing(psycopg.connect(fresh_dsn, autocommit=True)) as fresh:
            fresh.execute("create extension confiture_coord cascade")
            assert difference(catalog(conn), catalog(fresh)) == {}
        goes_on(conn, digest)
