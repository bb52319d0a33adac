"""Every plain-SQL installation that there can be becomes a proper extension, and stays one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.conftest import CREATE_EXTENSION
from tests.db.intents import Connection, problems, rows, value
from tests.upgrade.client import run
from tests.upgrade.next_version import current_version
from tests.upgrade.snapshot import contents, difference
from tests.upgrade.story import ROLE, goes_on, tell
from tests.upgrade.test_from_released import (
    PLAIN,
    RELEASED,
    NewDatabase,
    Open,
    dsn_of,
    is_this_extension,
    lost,
    new_empty,
    open_to,
    plain_of,
)
from tests.upgrade.test_plain_install import ADOPT, UPDATE, installer
from tools.cluster import VOLATILE, Cluster
from tools.places import CHECKOUT

__all__ = ["new_empty", "open_to"]

HERE = current_version()
ORIGINS = [
    *RELEASED,
    *(f"{version} upgraded" for version in RELEASED),
    *(f"{version} restored" for version in RELEASED),
    HERE,
]
GROUPS = ("coord_reader", "coord_agent", "coord_reviewer")

DUMPS = {
    # format: what restores it; a dump does not say how tables of an extension refer to one another
    "plain": (),
    "custom": ("pg_restore", "--exit-on-error"),
    "directory": ("pg_restore", "--exit-on-error", "--jobs=4"),
    "tar": ("pg_restore", "--exit-on-error"),
}


@pytest.fixture(scope="module")
def elsewhere(cluster: Cluster, run_folder: Path) -> Iterator[Cluster]:
    """Another cluster of the same server, where none of the roles exist to begin with."""
    other = Cluster(cluster.installation, run_folder / "adopted-elsewhere", VOLATILE)
    other.start()
    yield other
    other.remove()


@pytest.fixture
def origin(
    request: pytest.FixtureRequest,
    cluster: Cluster,
    new_empty: NewDatabase,
    open_to: Open,
    tmp_path: Path,
) -> tuple[Connection, str]:
    """A plain installation with a story that its own version told, and the digest of that."""
    installed, _, since = str(request.param).partition(" ")
    dsn = new_empty()
    plain_of(cluster, dsn, installed)
    connection = open_to(dsn)
    digest = tell(connection)
    if since == "restored":
        script, dsn = run(cluster, "pg_dump", dsn), new_empty()
        dump = tmp_path / "plain.sql"
        dump.write_text(script)
        run(cluster, "psql", "-Xq", "--set=ON_ERROR_STOP=1", "--output=/dev/null",
            f"--file={dump}", dsn)  # fmt: skip
        connection = open_to(dsn)
    elif since == "upgraded":
        delta = PLAIN / f"plain--{installed}--{HERE}.sql"
        run(cluster, "psql", "-Xq", "--set=ON_ERROR_STOP=1", "--single-transaction",
            "--output=/dev/null", f"--file={delta}", dsn)  # fmt: skip
    return connection, digest


def become_by_statements(connection: Connection) -> None:
    """What docs/operations.md says; from an older version, what the error's hint says."""
    version = value(connection, "select version from coord.plain_install")
    with connection.transaction():
        connection.execute(ADOPT)
        connection.execute(f"{UPDATE} to '{version}'")
        connection.execute(UPDATE)


def become_by_installer(connection: Connection) -> None:
    installer(CHECKOUT, "upgrade", "--as-extension", "--database-url", dsn_of(connection))


WAYS = {"statements": become_by_statements, "installer": become_by_installer}
FORMATS = {"statements": ("plain", "directory"), "installer": ("custom", "tar")}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("origin", ORIGINS, indirect=True)
def test_it_becomes_the_extension_and_is_dumped_and_restored_as_one(
    cluster: Cluster,
    elsewhere: Cluster,
    origin: tuple[Connection, str],
    conn: Connection,
    way: str,
    tmp_path: Path,
) -> None:
    adopted, digest = origin
    before = contents(adopted)
    WAYS[way](adopted)
    is_this_extension(adopted, conn)
    assert lost(before, contents(adopted)) == {}
    before = contents(adopted)
    for number, form in enumerate(FORMATS[way]):
        restore = DUMPS[form]
        dump, name = str(tmp_path / form), f"adopted_{form}"
        run(cluster, "pg_dump", f"--format={form}", f"--file={dump}", dsn_of(adopted))
        with closing(elsewhere.connect()) as admin:
            admin.execute(f"create database {name} template template0")
            if number % 2:
                for role in (ROLE, *GROUPS):
                    admin.execute(f"create role {role}")
        if restore:
            run(cluster, *restore, f"--dbname={elsewhere.dsn(name)}", dump,
                PGOPTIONS="-c session_replication_role=replica")  # fmt: skip
        else:
            run(cluster, "psql", "-Xq", "--set=ON_ERROR_STOP=1", "--output=/dev/null",
                f"--file={dump}", elsewhere.dsn(name))  # fmt: skip
        with closing(elsewhere.connect(name)) as restored:
            is_this_extension(restored, conn)
            assert difference(contents(restored), before) == {}
            goes_on(restored, digest)
        with closing(elsewhere.connect()) as admin:
            admin.execute(f"drop database {name} (force)")
            for role in (ROLE, *GROUPS):
                admin.execute(f"drop role if exists {role}")
    goes_on(adopted, digest)


@pytest.mark.parametrize("version", RELEASED)
def test_with_the_files_of_its_own_version_it_becomes_that_version(
    cluster: Cluster, new_empty: NewDatabase, open_to: Open, version: str
) -> None:
    """Then it is what CREATE EXTENSION of that version gives, and is updated later."""
    dsn, fresh_dsn = new_empty(), new_empty()
    plain_of(cluster, dsn, version)
    adopted, fresh = open_to(dsn), open_to(fresh_dsn)
    digest = tell(adopted)
    before = contents(adopted)
    with adopted.transaction():
        adopted.execute(ADOPT)
        adopted.execute(f"{UPDATE} to '{version}'")
    fresh.execute(f"create extension confiture_coord version '{version}' cascade")
    is_this_extension(adopted, fresh, version)
    assert difference(contents(adopted), before) == {}
    adopted.execute(UPDATE)
    fresh.execute(UPDATE)
    is_this_extension(adopted, fresh)
    assert lost(before, contents(adopted)) == {}
    goes_on(adopted, digest)


# -- what a site added --------------------------------------------------------------------------

SITE = """
    create view public.seen as select id, status from coord.intent;
    create table public.note (intent uuid references coord.intent, note text);
    create index site_index on coord.intent (risk_level);
    create function public.site_trigger() returns trigger language plpgsql as
        'begin return null; end';
    create trigger site_trigger after insert on coord.intent
        for each row execute function public.site_trigger();
    alter table coord.intent enable row level security;
    create policy site_policy on coord.intent for select using (true);
"""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("origin", ORIGINS, indirect=True)
def test_what_a_site_made_of_its_own_stays_its_own(
    cluster: Cluster, origin: tuple[Connection, str], way: str
) -> None:
    adopted, digest = origin
    adopted.execute(SITE)
    adopted.execute("insert into public.note select id, 'mine' from coord.intent limit 1")
    WAYS[way](adopted)
    members = rows(
        adopted,
        "select pg_describe_object(classid, objid, objsubid) as what from pg_depend"
        " where deptype = 'e' and refclassid = 'pg_extension'::regclass and refobjid ="
        " (select oid from pg_extension where extname = 'confiture_coord')",
    )
    assert not [each for each in members if "site" in each["what"] or "public" in each["what"]]
    assert value(adopted, "select count(*) from public.note join public.seen on id = intent") == 1
    assert value(adopted, "select to_regclass('coord.site_index') is not null")
    script = run(cluster, "pg_dump", "--schema-only", dsn_of(adopted))
    assert "CREATE VIEW public.seen" in script
    assert "FOREIGN KEY (intent) REFERENCES coord.intent(id)" in script
    goes_on(adopted, digest)


def test_tables_of_a_site_in_the_schema_do_not_become_members(
    plain_install_dsn: str, cluster: Cluster
) -> None:
    """A member is not dumped: what the site put there would be lost."""
    with closing(psycopg.connect(plain_install_dsn, autocommit=True)) as connection:
        connection.execute("create table coord.site_table as select 1")
        become_by_statements(connection)
        assert "CREATE TABLE coord.site_table" in run(cluster, "pg_dump", plain_install_dsn)


@pytest.mark.parametrize("way", WAYS)
def test_a_function_that_shares_a_name_is_told_before_it_would_be_lost(
    plain_install_dsn: str, way: str
) -> None:
    with closing(psycopg.connect(plain_install_dsn, autocommit=True)) as connection:
        connection.execute(
            "create function coord.heartbeat(text) returns text language sql return 'mine'"
        )
        refusal = (psycopg.errors.DuplicateFunction, AssertionError)
        with pytest.raises(refusal, match="functions of this site have the names") as refused:
            WAYS[way](connection)
        for each in ("coord.heartbeat(text)", "coord.heartbeat(uuid)", "rename those"):
            assert each in str(refused.value)
        assert rows(connection, "select from pg_extension where extname ~ 'coord'") == []
        connection.execute("alter function coord.heartbeat(text) rename to heartbeat_of_ours")
        WAYS[way](connection)
        assert value(connection, "select coord.heartbeat_of_ours('x')") == "mine"


def test_nothing_is_adopted_where_the_extension_is(dsn: str) -> None:
    with closing(psycopg.connect(dsn, autocommit=True)) as connection:
        digest = tell(connection)
        for attempt in (ADOPT, CREATE_EXTENSION):
            with pytest.raises(psycopg.errors.DuplicateObject):
                connection.execute(attempt)
        assert problems(connection, digest) == []
