"""Servers that are down, closed, read-only, too old, or lack something: what each command says."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from confiture_coord import IntentRegistry
from tests.cli.conftest import Result, Run
from tools.cluster import VOLATILE, Cluster
from tools.installation import find_installation
from tools.parser import parser_folder
from tools.places import as_server_user, give_to_server
from tools.private_server import build_private_server

PLAN = ["--agent-id", "a", "--feature-name", "f", "--schema-changes"]
ADD = "ALTER TABLE users ADD COLUMN stripe_id TEXT"
INTENT = ["--intent-id", "550e8400-e29b-41d4-a716-446655440000"]
LOOKING = [
    ["list-intents"],
    ["status", *INTENT],
    ["conflicts"],
    ["conflicts", "--all"],
    ["history", *INTENT],
    ["merge-order"],
    ["watch"],
    ["check", *PLAN, ADD],
]
WRITING = [
    ["register", *PLAN, ADD],
    ["resolve", "--conflict-id", "1", "--notes", "x"],
    ["start", *INTENT],
    ["complete", *INTENT],
    ["mark-merged", *INTENT],
    ["abandon", *INTENT, "--reason", "x"],
]
INSTALLING = [["install"], ["install", "--plain"], ["upgrade"], ["uninstall", "--yes"]]
ALL = [*LOOKING, *WRITING, *INSTALLING, ["doctor"]]


def refused(result: Result, *said: str) -> None:
    assert result.status == 2, result
    assert result.err.startswith("Error: ")
    assert "\nHint: " in result.err
    assert "Traceback" not in result.err
    assert "defect" not in result.err
    missing = [words for words in said if words not in result.err]
    assert missing == [], result.err


def create(cluster: Cluster) -> None:
    cluster.psql("-qc", "CREATE EXTENSION confiture_coord CASCADE")


@pytest.fixture(scope="module")
def site(cluster: Cluster, run_folder: Path) -> Iterator[Cluster]:
    """A server with the extension in database postgres, one intent, and a user with a password."""
    own = Cluster(cluster.installation, run_folder / "site", VOLATILE)
    own.start()
    create(own)
    with own.connect() as connection:
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'right'; GRANT coord_reader TO guest")
        IntentRegistry(connection).register("claude-payments", "stripe", [ADD])
        rules = own.data / "pg_hba.conf"
        rules.write_text(f"local all guest scram-sha-256\n{rules.read_text()}")
        connection.execute("SELECT pg_reload_conf()")
    yield own
    own.remove()


# -- out of reach ---------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_a_server_that_is_down(anywhere: Run, tmp_path: Path, command: list[str]) -> None:
    url = f"postgresql:///db?host={tmp_path}"
    refused(anywhere(*command, "--db-url", url), "Is the server running", str(tmp_path))


@pytest.mark.parametrize("command", [["list-intents"], ["register", *PLAN, ADD], ["doctor"]])
def test_passwords(
    anywhere: Run, site: Cluster, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("PGPASSFILE", "/nonexistent")
    url = site.dsn().replace("user=postgres", "user=guest")
    refused(anywhere(*command, "--db-url", url), "password", "~/.pgpass")
    wrong = anywhere(*command, "--db-url", f"{url} password=secret")
    refused(wrong, 'password authentication failed for user "guest"', "PGPASSWORD")
    assert "secret" not in wrong.err
    as_json = anywhere(*command, "--db-url", f"{url} password=secret", "--format", "json")
    assert (as_json.status, as_json.err) == (2, "")
    assert as_json.json["error"]["hint"]


def test_a_reader_learns_which_grant_it_needs(anywhere: Run, site: Cluster) -> None:
    url = site.dsn().replace("user=postgres", "user=guest") + " password=right"
    assert "stripe" in anywhere("list-intents", "--db-url", url).out
    refused(anywhere("register", *PLAN, ADD, "--db-url", url), "GRANT coord_agent TO")
    found = anywhere("doctor", "--db-url", url)
    assert found.status == 2
    assert "  → GRANT coord_agent TO guest" in found.out
    for command in INSTALLING:
        refused(anywhere(*command, "--db-url", url), "needs a superuser", "--database-url")


def test_a_connection_that_is_lost_while_watching(
    anywhere: Run, site: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(_: float) -> None:
        with site.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE application_name = 'confiture-coord'"
            )

    monkeypatch.setattr(time, "sleep", cut)
    told = anywhere("watch", "--db-url", site.dsn())
    refused(told, "try again when it is back")


# -- without the extension, or with an old one ----------------------------------------------------


@pytest.mark.parametrize("command", [*LOOKING, *WRITING], ids=" ".join)
def test_without_the_extension(anywhere: Run, plain_dsn: str, command: list[str]) -> None:
    told = anywhere(*command, "--db-url", plain_dsn)
    refused(told, "not installed in this database", "confiture-coord install")


@pytest.mark.parametrize("how", ["extension", "plain"])
def test_the_release_before(anywhere: Run, plain_dsn: str, how: str) -> None:
    with psycopg.connect(plain_dsn, autocommit=True) as connection:
        if how == "extension":
            connection.execute("CREATE EXTENSION confiture_coord VERSION '0.1.0' CASCADE")
        else:
            from confiture_coord.version import PACKAGED_SQL

            connection.execute("CREATE EXTENSION plpython3u")
            with connection.transaction():
                connection.execute((PACKAGED_SQL / "plain--0.1.0.sql").read_bytes())
    for command in (*LOOKING, *WRITING):
        refused(anywhere(*command, "--db-url", plain_dsn), "0.1.0", "confiture-coord upgrade")
    found = anywhere("doctor", "--db-url", plain_dsn)
    assert found.status == 2
    assert "✗ confiture_coord: version 0.1.0" in found.out
    assert "  → confiture-coord upgrade, as a superuser" in found.out
    done = anywhere("upgrade", "--db-url", plain_dsn)
    assert (done.status, done.err) == (0, "")
    assert "It was 0.1.0." in done.out
    assert anywhere("doctor", "--db-url", plain_dsn).status == 0
    assert anywhere("register", *PLAN, ADD, "--db-url", plain_dsn).status == 0


# -- a server that lacks something ----------------------------------------------------------------


@pytest.fixture(scope="module")
def incomplete(run_folder: Path) -> Iterator[Cluster]:
    """A server with the extension's files, and without the parser."""
    home = run_folder / "incomplete"
    installation = build_private_server(find_installation(), home / "server")
    parser_folder(installation).unlink()
    own = Cluster(installation, home, VOLATILE)
    own.start()
    yield own
    own.remove()


def test_without_pglast(anywhere: Run, incomplete: Cluster) -> None:
    url = incomplete.dsn()
    done = anywhere("install", "--db-url", url)
    assert done.status == 0
    assert "✗ detector: " in done.out
    refused(anywhere("register", *PLAN, ADD, "--db-url", url), "pglast")
    refused(anywhere("check", *PLAN, ADD, "--db-url", url), "pglast")
    assert anywhere("list-intents", "--db-url", url).status == 0
    found = anywhere("doctor", "--db-url", url)
    assert found.status == 2
    mend = found.out.partition("✗ detector: ")[2].splitlines()[1]
    assert mend.startswith("  → ")
    assert "make install" in mend or "pip install" in mend


def test_without_plpython(anywhere: Run, incomplete: Cluster) -> None:
    # ``unlink`` takes links of this private server; what they point to stays.
    for file in (incomplete.installation.sharedir / "extension").glob("plpython3u*"):
        file.unlink()
    incomplete.psql("-qc", "CREATE DATABASE other")
    url = incomplete.dsn("other")
    major = incomplete.major
    for command in (["install"], ["install", "--plain"]):
        told = anywhere(*command, "--db-url", url)
        refused(told, "no plpython3u", f"apt install postgresql-plpython3-{major}", "dnf install")
    found = anywhere("doctor", "--db-url", url)
    assert found.status == 2
    assert "✗ plpython3u: is not installed on the server" in found.out
    assert f"  → apt install postgresql-plpython3-{major}" in found.out


# -- a read-only standby --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def standby(site: Cluster, run_folder: Path) -> Iterator[Cluster]:
    """A hot standby of ``site``, streaming."""
    home = run_folder / "standby"
    home.mkdir(mode=0o755)
    give_to_server(home)
    subprocess.run(
        [
            *(site.bindir / "pg_basebackup", "--pgdata", home / "data", "--write-recovery-conf"),
            *("--host", site.socket_dir, "--username", site.superuser, "--checkpoint=fast"),
        ],
        cwd="/",
        check=True,
        **as_server_user(),
    )
    follower = Cluster(site.installation, home, VOLATILE)
    follower.start()
    yield follower
    follower.stop()
    shutil.rmtree(home)


def caught_up(site: Cluster, standby: Cluster) -> None:
    """Wait until the standby has replayed what the primary has written."""
    with site.connect() as primary, standby.connect() as follower:
        written = primary.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
        assert written is not None
        while follower.execute(
            "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", written
        ).fetchone() != (True,):
            time.sleep(0.05)


def test_a_standby_checks_and_lists_and_refuses_the_rest(
    anywhere: Run, site: Cluster, standby: Cluster
) -> None:
    with site.connect() as connection:
        IntentRegistry(connection).register("claude-auth", "oauth", ["CREATE TABLE tokens ()"])
    caught_up(site, standby)
    url = standby.dsn()

    listed = anywhere("list-intents", "--db-url", url, "--format", "json")
    assert listed.json == anywhere("list-intents", "--db-url", site.dsn(), "--format", "json").json
    assert "oauth" in listed.out
    check = anywhere("check", *PLAN, ADD.replace("TEXT", "INT"), "--db-url", url, "--format=json")
    assert (check.status, check.err) == (1, "")
    primary = anywhere("check", *PLAN, ADD.replace("TEXT", "INT"), "--db-url", site.dsn())
    assert primary.status == 1
    assert check.json["conflicts"][0]["affected_objects"] == ["users.stripe_id"]
    for command in (["conflicts"], ["conflicts", "--all"], ["merge-order"]):
        assert anywhere(*command, "--db-url", url).status == 0

    found = anywhere("doctor", "--db-url", url)
    assert (found.status, found.err) == (0, "")
    assert "a read-only standby: check and the lists work" in found.out
    intent = ["--intent-id", listed.json["intents"][0]["id"]]
    for command in (
        ["register", *PLAN, ADD],
        ["start", *intent],
        ["abandon", *intent, "--reason=x"],
    ):
        refused(anywhere(*command, "--db-url", url), "needs the primary")
    for command in INSTALLING:
        refused(anywhere(*command, "--db-url", url), "on a standby", "Connect to the primary")


def test_the_analysing_functions_on_a_standby(site: Cluster, standby: Cluster) -> None:
    with site.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS users (id int, email text)")
        connection.execute("CREATE OR REPLACE VIEW mails AS SELECT email FROM users")
    caught_up(site, standby)
    queries = (
        "SELECT * FROM coord.footprint('DROP TABLE users')",
        # that the view hangs on it is known to the catalog only
        "SELECT * FROM coord.compare_changes('ALTER TABLE users DROP COLUMN email CASCADE',"
        " 'COMMENT ON VIEW mails IS $$x$$')",
        "SELECT conflict_type, outcome FROM coord.check_intent('a', 'f', 'DROP TABLE users')",
        "SELECT count(*) FROM coord.verify_history()",
        "SELECT coord.history_digest()",
        "SELECT place, feature_name FROM coord.merge_order()",
        "SELECT safe FROM coord.detector_check()",
    )
    with site.connect() as primary, standby.connect() as follower:
        for query in queries:
            expected = primary.execute(query.encode()).fetchall()
            assert expected
            assert follower.execute(query.encode()).fetchall() == expected


def test_after_a_failover_the_standby_takes_registrations(
    anywhere: Run, site: Cluster, standby: Cluster
) -> None:
    with site.connect() as connection:
        digest = connection.execute("SELECT coord.history_digest()").fetchone()
    caught_up(site, standby)
    with standby.connect() as connection:
        connection.execute("SELECT pg_promote()")
        told = anywhere("register", *PLAN, ADD, "--db-url", standby.dsn(), "--format", "json")
        assert told.status == 0, told
        assert told.json["conflicts"]
        assert connection.execute("SELECT * FROM coord.verify_history(%s)", digest).fetchall() == []
