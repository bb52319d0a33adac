"""pg_dump and pg_restore bring everything back, bit for bit, whatever the target has."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import CREATE_EXTENSION
from tests.db.intents import Connection, problems, register, value
from tests.upgrade.client import dumped_grants, run
from tests.upgrade.snapshot import catalog, contents, difference
from tests.upgrade.story import ROLE, goes_on, tell
from tools.cluster import VOLATILE, Cluster

Restore = Callable[..., None]

ROLES = (ROLE, "coord_reviewer", "coord_agent", "coord_reader")


@pytest.fixture(scope="module")
def elsewhere(cluster: Cluster, run_folder: Path) -> Iterator[Cluster]:
    """Another cluster of the same server."""
    other = Cluster(cluster.installation, run_folder / "elsewhere", VOLATILE)
    other.start()
    yield other
    other.remove()


_numbers = itertools.count(1)


@pytest.fixture
def target(cluster: Cluster, elsewhere: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database: in the same cluster, or in one that lacks the roles, or has them."""
    where: str = request.param
    server = cluster if where == "same cluster" else elsewhere
    name = f"restored_{next(_numbers)}"
    with server.connect() as admin:
        admin.execute(f"create database {name} template template0")
        if where == "new cluster with the roles":
            for role in ROLES:
                admin.execute(f"create role {role}")
    yield server.dsn(name)
    with server.connect() as admin:
        admin.execute(f"drop database {name} (force)")
        if server is elsewhere:
            for role in ROLES:
                admin.execute(f"drop role if exists {role}")


@pytest.fixture
def story(dsn: str, conn: Connection) -> str:
    """The test's database has a story; this is the digest of its history."""
    return tell(conn)


SAME = "same cluster"
NEW = "new cluster"
WITH_ROLES = "new cluster with the roles"

FORMATS = {
    # options of pg_dump, options of pg_restore or nothing where psql restores
    "plain": (["--format=plain"], None),
    "plain, one INSERT a row": (["--format=plain", "--column-inserts"], None),
    "plain, INSERT of many": (["--format=plain", "--inserts", "--rows-per-insert=100"], None),
    "custom": (["--format=custom"], []),
    "custom, four jobs": (["--format=custom"], ["--jobs=4"]),
    "tar": (["--format=tar"], []),
    "directory": (["--format=directory"], []),
    "directory, four jobs": (["--format=directory", "--jobs=4"], ["--jobs=4"]),
}
TARGETS = (SAME, NEW, WITH_ROLES)

MATRIX = [
    # each format into each target, each part from each format and into each target
    (form, ("whole", "data only")[(row + column) % 2], target)
    for row, form in enumerate(FORMATS)
    for column, target in enumerate(TARGETS)
]


@pytest.mark.parametrize(("form", "part", "target"), MATRIX, indirect=["target"])
def test_everything_comes_back(
    cluster: Cluster,
    dsn: str,
    conn: Connection,
    story: str,
    form: str,
    part: str,
    target: str,
    tmp_path: Path,
) -> None:
    before, made = contents(conn), catalog(conn)
    dump = str(tmp_path / "dump")
    only = ["--data-only"] if part == "data only" else []
    dumping, restoring = FORMATS[form]
    run(cluster, "pg_dump", *dumping, f"--file={dump}", *only, dsn)
    if only:
        with psycopg.connect(target, autocommit=True) as fresh:
            fresh.execute(CREATE_EXTENSION)
    if restoring is None:
        run(cluster, "psql", "-X", "-q", "--set=ON_ERROR_STOP=1", f"--file={dump}",
            "--output=/dev/null", target)  # fmt: skip
    else:
        # For tables of an extension a dump does not say which rows others refer to: with several
        # jobs, foreign keys have to be out of the way.
        role = {"PGOPTIONS": "-c session_replication_role=replica"} if restoring else {}
        run(
            cluster, "pg_restore", "--exit-on-error", *restoring, f"--dbname={target}", dump, **role
        )
    with psycopg.connect(target, autocommit=True) as restored:
        assert difference(contents(restored), before) == {}
        assert difference(catalog(restored), made) == {}
        goes_on(restored, story)


@pytest.mark.parametrize("target", [WITH_ROLES], indirect=True)
def test_bindings_fail_closed_in_another_cluster(
    cluster: Cluster, dsn: str, story: str, target: str, tmp_path: Path
) -> None:
    """A role of the same name there is somebody else, until a reviewer says otherwise."""
    dump = str(tmp_path / "dump")
    run(cluster, "pg_dump", "--format=custom", f"--file={dump}", dsn)
    run(cluster, "pg_restore", "--exit-on-error", f"--dbname={target}", dump)
    with psycopg.connect(target, autocommit=True) as restored:
        restored.execute(f"grant coord_agent to {ROLE}")
        restored.execute(f"set role {ROLE}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
            register(restored, "bound", "create table t ()")
        assert "bind_agent" in (refused.value.diag.message_hint or "")
        restored.execute("reset role")
        restored.execute("select coord.bind_agent('bound', %s)", (ROLE,))
        restored.execute(f"set role {ROLE}")
        register(restored, "bound", "create table t ()")


@pytest.mark.parametrize("target", [SAME], indirect=True)
def test_guards_that_a_restore_weakened_are_reported_and_mended(
    cluster: Cluster, dsn: str, conn: Connection, story: str, target: str, tmp_path: Path
) -> None:
    made = catalog(conn)
    dump = str(tmp_path / "dump")
    run(cluster, "pg_dump", "--format=custom", f"--file={dump}", dsn)
    with psycopg.connect(target, autocommit=True) as restored:
        restored.execute(CREATE_EXTENSION)
        run(cluster, "pg_restore", "--exit-on-error", "--data-only", "--disable-triggers",
            f"--dbname={target}", dump)  # fmt: skip
        found = problems(restored, story)
        weakened = [line for line in made["triggers"] if "setting_100_write" not in line]
        assert len(found) == len(weakened)
        assert value(restored, "select problems from coord.detector_check()") == found
        for problem in found:
            restored.execute(problem.partition("mend it with: ")[2])
        assert difference(catalog(restored), made) == {}
        goes_on(restored, story)


@pytest.mark.parametrize("target", [SAME], indirect=True)
def test_plain_installation_is_dumped_and_restored_like_any_schema(
    cluster: Cluster, plain_install_dsn: str, target: str, tmp_path: Path
) -> None:
    with psycopg.connect(plain_install_dsn, autocommit=True) as conn:
        digest = tell(conn)
        before, made = contents(conn), catalog(conn, extension=False)
    dump = str(tmp_path / "dump")
    run(cluster, "pg_dump", "--format=custom", f"--file={dump}", plain_install_dsn)
    run(cluster, "pg_restore", "--exit-on-error", f"--dbname={target}", dump)
    with psycopg.connect(target, autocommit=True) as restored:
        assert difference(contents(restored), before) == {}
        assert difference(catalog(restored, extension=False), made) == {}
        goes_on(restored, digest)


@pytest.mark.parametrize("target", [SAME], indirect=True)
def test_what_a_site_granted_is_dumped(
    cluster: Cluster, dsn: str, conn: Connection, target: str
) -> None:
    conn.execute(
        "do $$ begin create role upgrade_story_viewer;"
        " exception when duplicate_object then null; end $$"
    )
    conn.execute("grant usage on schema coord to upgrade_story_viewer")
    conn.execute("grant select on coord.intent to upgrade_story_viewer")
    script = run(cluster, "pg_dump", dsn)
    assert dumped_grants(script) == [
        "GRANT USAGE ON SCHEMA coord TO upgrade_story_viewer;",
        "GRANT SELECT ON TABLE coord.intent TO upgrade_story_viewer;",
    ]
    conn.execute("drop owned by upgrade_story_viewer")
    conn.execute("drop role upgrade_story_viewer")
