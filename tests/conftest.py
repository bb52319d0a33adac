"""Fixtures: a private PostgreSQL per run, and a fresh database per test.

The server runs this checkout's extension from a private copy of the installed PostgreSQL, so
nothing is installed into the system and runs in parallel do not meet. A fresh database is a
copy of a template that has the extension already.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import hypothesis
import psycopg
import psycopg.conninfo
import pytest
from pytest_postgresql.janitor import DatabaseJanitor

from tools.cluster import VOLATILE, Cluster
from tools.installation import find_installation
from tools.places import CHECKOUT, folder_for_volatile_data, state_folder
from tools.private_server import build_private_server
from tools.scratch import scratch_folder

TEMPLATE = "coord_template"
CREATE_EXTENSION = "CREATE EXTENSION confiture_coord CASCADE"

# A shell starts what it puts into the background with Ctrl-C ignored, and so would our children be.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is slow: no test of ours fails because of the time that it takes. `make test` gives
# one answer for one commit; what nobody has tried yet is looked for by `make fuzz`.
hypothesis.settings.register_profile(
    "confiture_coord",
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "fuzz",
    hypothesis.settings.get_profile("confiture_coord"),
    derandomize=False,
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "5000")),
)
hypothesis.settings.load_profile("fuzz" if "FUZZ_EXAMPLES" in os.environ else "confiture_coord")


class Connect(Protocol):
    def __call__(self, autocommit: bool = True, **kwargs: Any) -> psycopg.Connection[Any]: ...


# -- servers ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def run_folder() -> Iterator[Path]:
    """A folder of this run's own, that the server's user can enter."""
    with scratch_folder(state_folder()) as folder:
        yield folder


@pytest.fixture(scope="session")
def cluster(run_folder: Path) -> Iterator[Cluster]:
    """The server that all tests share (see tools/cluster.py); it forgets on a power cut."""
    installation = build_private_server(find_installation(), run_folder / "server")
    with scratch_folder(folder_for_volatile_data()) as home:
        shared = Cluster(installation, home / "shared", VOLATILE)
        shared.start()
        yield shared
        shared.stop()


@pytest.fixture
def new_cluster(cluster: Cluster, run_folder: Path) -> Iterator[Callable[..., Cluster]]:
    """Factory of servers of a test's own: ``new_cluster(shared_buffers="64MB")``.

    They are durable (fsync on), can be stopped, started and killed, and are removed at the end.
    """
    made: list[Cluster] = []

    def make(**settings: str) -> Cluster:
        home = run_folder / f"own-{next(_numbers)}"
        own = Cluster(cluster.installation, home, settings)
        made.append(own)
        own.start()
        return own

    yield make
    for own in made:
        own.remove()


@pytest.fixture(scope="session")
def pg_version(cluster: Cluster) -> int:
    """PostgreSQL's major version."""
    return cluster.major


@pytest.fixture
def server_log(cluster: Cluster) -> Callable[[], str]:
    """Call it for what the shared server logged since the test began."""
    seen = len(cluster.log_text())
    return lambda: cluster.log_text()[seen:]


# -- databases --------------------------------------------------------------------------------

_numbers = itertools.count(1)


def _database(cluster: Cluster, name: str, template: str | None = None) -> DatabaseJanitor:
    return DatabaseJanitor(
        user=cluster.superuser,
        host=str(cluster.socket_dir),
        port=cluster.port,
        dbname=name,
        template_dbname=template,
    )


@pytest.fixture(scope="session")
def extension_template(cluster: Cluster) -> str:
    """Name of a database with the extension, to be copied."""
    _database(cluster, TEMPLATE).init()
    with cluster.connect(TEMPLATE) as connection:
        connection.execute(CREATE_EXTENSION)
    return TEMPLATE


@pytest.fixture
def dsn(cluster: Cluster, extension_template: str) -> Iterator[str]:
    """Connection string of a fresh database that has the extension, as superuser."""
    database = _database(cluster, f"test_{next(_numbers)}", extension_template)
    database.init()
    yield cluster.dsn(database.dbname)
    database.drop()


@pytest.fixture
def plain_dsn(cluster: Cluster) -> Iterator[str]:
    """Connection string of a fresh database without the extension, as superuser."""
    database = _database(cluster, f"plain_{next(_numbers)}")
    database.init()
    yield cluster.dsn(database.dbname)
    database.drop()


@pytest.fixture
def plain_install_dsn(cluster: Cluster, plain_dsn: str) -> str:
    """Connection string of a fresh database with the same objects installed as plain SQL."""
    [script] = (CHECKOUT / "python" / "confiture_coord" / "sql").glob(f"plain--{_version()}.sql")
    dbname = psycopg.conninfo.conninfo_to_dict(plain_dsn)["dbname"]
    cluster.psql(
        "--set=ON_ERROR_STOP=1",
        "--single-transaction",
        "--command=CREATE EXTENSION plpython3u",
        f"--file={script}",
        dbname=str(dbname),
    )
    return plain_dsn


def _version() -> str:
    """The version of this checkout; the control file is where it is written by hand."""
    control = (CHECKOUT / "confiture_coord.control").read_text()
    found = re.search(r"^default_version = '(.+)'$", control, re.MULTILINE)
    assert found is not None
    return found.group(1)


@pytest.fixture
def connect(dsn: str) -> Iterator[Connect]:
    """Factory of connections to the test's database, closed at the end."""
    opened: list[psycopg.Connection[Any]] = []

    def open_another(autocommit: bool = True, **kwargs: Any) -> psycopg.Connection[Any]:
        connection = psycopg.connect(dsn, autocommit=autocommit, **kwargs)
        opened.append(connection)
        return connection

    yield open_another
    for connection in opened:
        connection.close()


@pytest.fixture
def conn(connect: Connect) -> psycopg.Connection[Any]:
    """A connection to the test's database, in autocommit."""
    return connect()


# -- reports ----------------------------------------------------------------------------------


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what tests recorded as their summary."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == "summary":
                terminalreporter.write_line(text)
