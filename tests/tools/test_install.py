"""``make install`` and ``make uninstall``, into a server that has never seen the extension."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tools.cluster import VOLATILE, Cluster
from tools.installation import find_installation
from tools.parser import parser_folder
from tools.places import CHECKOUT
from tools.private_server import MADE_BY_MAKE, build_private_server

NAMES_A_DATABASE = ("DATABASE_URL", "PGDATABASE", "PGHOST", "PGSERVICE")


@pytest.fixture
def untouched(run_folder: Path) -> Iterator[Cluster]:
    """A running server without the extension's files."""
    home = run_folder / "untouched"
    installation = build_private_server(find_installation(), home / "server", with_extension=False)
    own = Cluster(installation, home, VOLATILE)
    own.start()
    yield own
    own.remove()


def make(cluster: Cluster, *arguments: str, **environment: str) -> str:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in (*MADE_BY_MAKE, *NAMES_A_DATABASE)
    }
    done = subprocess.run(
        ["make", *arguments, f"PG_CONFIG={cluster.installation.pg_config}"],
        cwd=CHECKOUT,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def installed_files(cluster: Cluster) -> list[str]:
    folder = cluster.installation.sharedir / "extension"
    return sorted(path.name for path in folder.glob("confiture_coord*"))


def version_in(dsn: str) -> str:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT coord.version()").fetchone()
    assert row is not None
    return str(row[0])


def test_install_puts_files_and_parser_in_place_and_uninstall_takes_them_away(
    untouched: Cluster,
) -> None:
    parser = parser_folder(untouched.installation)
    assert installed_files(untouched) == []
    for _ in ("first", "again"):
        make(untouched, "install")
        assert "confiture_coord.control" in installed_files(untouched)
        assert (parser / "pglast" / "__init__.py").exists()
    untouched.psql("-c", "CREATE EXTENSION confiture_coord CASCADE")
    assert "0 rows" not in untouched.psql("-c", "SELECT * FROM coord.detector_check()").stdout
    make(untouched, "uninstall")
    assert installed_files(untouched) == []
    assert not parser.exists()


def test_install_goes_on_into_the_database_that_is_named(untouched: Cluster) -> None:
    untouched.psql("-c", "CREATE DATABASE by_url", "-c", "CREATE DATABASE by_environment")
    for _ in ("first", "again"):
        make(untouched, "install", DATABASE_URL=untouched.dsn("by_url"))
        make(
            untouched,
            "install",
            PGHOST=str(untouched.socket_dir),
            PGUSER=untouched.superuser,
            PGDATABASE="by_environment",
        )
    assert version_in(untouched.dsn("by_url")) == version_in(untouched.dsn("by_environment"))
    assert "by_url" not in make(untouched, "install"), "without a database, files only"


def test_packagers_can_install_into_a_folder(untouched: Cluster, tmp_path: Path) -> None:
    make(untouched, "install", f"DESTDIR={tmp_path}")
    assert installed_files(untouched) == []
    staged = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert "confiture_coord.control" in staged
    assert any(name.startswith("parser.cpython-") for name in staged)
