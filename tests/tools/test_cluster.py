"""The private server keeps its promises: everything else in the tests rests on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tools.cluster import VOLATILE, Cluster
from tools.places import CHECKOUT, LONGEST_SOCKET_FOLDER
from tools.scratch import scratch_folder

NewCluster = Callable[..., Cluster]


def setting(cluster: Cluster, name: str) -> str:
    with cluster.connect() as connection:
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def test_the_server_has_a_socket_and_no_port(cluster: Cluster) -> None:
    assert setting(cluster, "listen_addresses") == ""
    assert len(os.fsencode(cluster.socket_dir)) <= LONGEST_SOCKET_FOLDER


def test_the_server_is_not_the_installed_one(cluster: Cluster) -> None:
    """Its folders are private ones, or the tests would see what is installed in the system."""
    with cluster.connect() as connection:
        rows = connection.execute("SELECT name, setting FROM pg_config()").fetchall()
    folders = dict(rows)
    assert Path(folders["SHAREDIR"]) == cluster.installation.sharedir
    assert Path(folders["PKGLIBDIR"]) == cluster.installation.pkglibdir
    assert "/server/" in folders["SHAREDIR"]


def test_plpython_runs_the_systems_python(cluster: Cluster) -> None:
    """Not a virtual environment that happens to be first on PATH."""
    with cluster.connect() as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS plpython3u")
        with connection.transaction(force_rollback=True):
            connection.execute(
                "CREATE FUNCTION pg_temp.py() RETURNS text[] LANGUAGE plpython3u AS "
                "$$ import sys; return [sys.prefix, '%d.%d' % sys.version_info[:2]] $$"
            )
            row = connection.execute("SELECT pg_temp.py()").fetchone()
    assert row is not None
    prefix, version = row[0]
    assert prefix != sys.prefix
    assert version == cluster.installation.plpython_version()


def test_a_cluster_of_its_own_is_durable_and_survives_a_power_cut(new_cluster: NewCluster) -> None:
    own = new_cluster()
    assert setting(own, "fsync") == "on"
    own.psql(text="CREATE TABLE kept AS SELECT 42 AS answer")
    own.kill9()
    assert own.pid() is None
    own.start()
    assert own.psql("-Atc", "SELECT answer FROM kept").stdout == "42\n"
    assert "database system was not properly shut down" in own.log_text()


def test_starting_and_stopping_twice_is_harmless(new_cluster: NewCluster) -> None:
    own = new_cluster(work_mem="5MB")
    first = own.pid()
    own.start()
    assert own.pid() == first
    assert setting(own, "work_mem") == "5MB"
    own.stop()
    own.stop()
    assert own.pid() is None


def test_a_stale_pid_file_is_nobodys(new_cluster: NewCluster) -> None:
    """After a crash the number in it may belong to any process, here to our own."""
    own = new_cluster()
    pid_file = own.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines(keepends=True)
    own.kill9()
    pid_file.write_text("".join([f"{os.getpid()}\n", *lines[1:]]))
    assert own.pid() is None
    own.start()
    assert own.pid() not in (None, os.getpid())


def test_a_server_ends_with_the_run_that_started_it(new_cluster: NewCluster) -> None:
    own = new_cluster()
    own.stop()
    script = (
        "import os, pathlib, signal, sys\n"
        "from tools.cluster import Cluster\n"
        "from tools.installation import Installation\n"
        "pg_config, home = map(pathlib.Path, sys.argv[1:])\n"
        "Cluster(Installation.of(pg_config), home).start()\n"
        "print('started', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(own.installation.pg_config), str(own.home)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "started\n"
        assert own.pid() is not None
        run.send_signal(signal.SIGKILL)
    own.wait_until_gone()
    assert own.pid() is None


def test_a_folder_too_deep_for_a_socket_gets_one_in_tmp(cluster: Cluster, run_folder: Path) -> None:
    deep = Cluster(cluster.installation, run_folder / ("x" * 100), VOLATILE)
    deep.start()
    socket_dir = deep.socket_dir
    assert socket_dir.parent == Path("/tmp")
    assert socket_dir.stat().st_mode & 0o077 == 0
    assert deep.psql("-Atc", "SELECT 1").stdout == "1\n"
    deep.remove()
    assert not socket_dir.exists()


def test_an_abandoned_run_is_cleaned_up_and_a_running_one_is_not(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as ours:
        abandoned = ours.parent / "run-abandoned"
        abandoned.mkdir()
        (abandoned / "lock").touch()
        with scratch_folder(tmp_path):
            assert not abandoned.exists()
            assert ours.exists()


def test_each_test_has_a_fresh_database(plain_dsn: str) -> None:
    with psycopg.connect(plain_dsn) as connection:
        row = connection.execute("SELECT count(*) FROM pg_extension").fetchone()
    assert row == (1,), "only plpgsql"


def test_the_log_shows_what_happened_since_the_test_began(
    cluster: Cluster, server_log: Callable[[], str]
) -> None:
    assert "no_such_relation" not in server_log()
    with cluster.connect() as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("TABLE no_such_relation")
    assert 'relation "no_such_relation" does not exist' in server_log()
