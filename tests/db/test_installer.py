"""Installing, upgrading, uninstalling and examining, with and without the extension's files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from confiture_coord import IntentRegistry, VersionMismatch, install, version
from confiture_coord.doctor import Finding, examine
from confiture_coord.install import Installed, InstallError, installed, uninstall, upgrade

OURS = version.wrapper_version()


@pytest.fixture
def bare(plain_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a database without the extension."""
    with psycopg.connect(plain_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(params=["extension", "plain"])
def ready(bare: psycopg.Connection[Any], request: pytest.FixtureRequest) -> psycopg.Connection[Any]:
    """A connection to a database into which the installer has just put everything."""
    outcome = install.install(bare, plain=request.param == "plain")
    assert outcome[:3] == ("created", request.param, OURS)
    assert "GRANT coord_agent TO" in outcome.notes[0]
    return bare


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """As if this wrapper were of a later version, with a packaged update of one statement."""
    later = f"{OURS.rpartition('.')[0]}.99"
    original = version.PACKAGED_SQL / f"plain--{OURS}.sql"
    (tmp_path / original.name).write_bytes(original.read_bytes())
    (tmp_path / f"plain--{OURS}--{later}.sql").write_text("CREATE TABLE coord.novelty ()")
    monkeypatch.setattr(version, "PACKAGED_SQL", tmp_path)
    monkeypatch.setattr(install, "PACKAGED_SQL", tmp_path)
    version.wrapper_version.cache_clear()
    yield later
    monkeypatch.undo()
    version.wrapper_version.cache_clear()


@contextmanager
def acting_as(connection: psycopg.Connection[Any], role: str, *grants: str) -> Iterator[None]:
    """Be an ordinary role, which is gone afterwards."""
    connection.execute(f"CREATE ROLE {role}")
    try:
        for grant in grants:
            connection.execute(f"GRANT {grant} TO {role}")
        connection.execute(f"SET ROLE {role}")
        yield
    finally:
        connection.execute("RESET ROLE")
        connection.execute(f"DROP OWNED BY {role}")
        connection.execute(f"DROP ROLE {role}")


def test_what_was_installed_works(ready: psycopg.Connection[Any]) -> None:
    registry = IntentRegistry(ready)
    first = registry.register("a", "f", ["ALTER TABLE users ADD COLUMN x int"])
    second = registry.register("b", "g", ["ALTER TABLE users ADD COLUMN y int"])
    assert second.conflicts_with == [first.id]


def test_installing_twice_changes_nothing(ready: psycopg.Connection[Any]) -> None:
    how = installed(ready)
    assert how is not None
    for outcome in (install.install(ready), upgrade(ready)):
        assert outcome[:3] == ("unchanged", how.how, OURS)
        assert ("--as-extension" in str(outcome.notes)) is (how.how == "plain")


def test_the_session_s_search_path_is_as_before(ready: psycopg.Connection[Any]) -> None:
    assert ready.execute("SHOW search_path").fetchone() == ('"$user", public',)


def test_nothing_is_there_before(bare: psycopg.Connection[Any]) -> None:
    assert installed(bare) is None
    with pytest.raises(InstallError, match="nothing to upgrade"):
        upgrade(bare)
    with pytest.raises(InstallError, match="not installed"):
        uninstall(bare)


def test_a_foreign_schema_of_that_name_is_not_adopted(bare: psycopg.Connection[Any]) -> None:
    bare.execute("CREATE SCHEMA coord; CREATE TABLE coord.mine ()")
    with pytest.raises(psycopg.errors.DuplicateSchema) as caught:
        install.install(bare, plain=True)
    assert caught.value.diag.message_hint
    assert installed(bare) is None
    assert bare.execute("SELECT to_regclass('coord.mine')").fetchone() == ("coord.mine",)


def test_a_failure_leaves_nothing_behind(
    bare: psycopg.Connection[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (version.PACKAGED_SQL / f"plain--{OURS}.sql").read_text(encoding="utf-8")
    (tmp_path / f"plain--{OURS}.sql").write_text(script + "\nSELECT 1/0;\n", encoding="utf-8")
    monkeypatch.setattr(install, "PACKAGED_SQL", tmp_path)
    with pytest.raises(psycopg.errors.DivisionByZero):
        install.install(bare, plain=True)
    assert bare.execute("SELECT to_regnamespace('coord')").fetchone() == (None,)
    assert bare.execute("SELECT to_regtype('plpython3u_call_handler')").fetchone() == (None,)


def test_a_plain_installation_is_upgraded_and_keeps_its_rows(
    bare: psycopg.Connection[Any], next_release: str
) -> None:
    bare.execute("CREATE EXTENSION plpython3u")
    script = (version.PACKAGED_SQL / f"plain--{OURS}.sql").read_bytes()
    with bare.transaction():
        bare.execute(script)
    bare.execute("RESET search_path")
    outcome = upgrade(bare)
    assert (outcome.action, outcome.how, outcome.version) == ("updated", "plain", next_release)
    assert installed(bare) == Installed("plain", next_release)
    assert bare.execute("SELECT to_regclass('coord.novelty')").fetchone() == ("coord.novelty",)
    assert upgrade(bare).action == "unchanged"


@pytest.fixture(params=["extension", "plain"])
def old(bare: psycopg.Connection[Any], request: pytest.FixtureRequest) -> psycopg.Connection[Any]:
    """A connection to a database with version 0.1.0, and an intent in it."""
    if request.param == "extension":
        bare.execute("CREATE EXTENSION confiture_coord VERSION '0.1.0' CASCADE")
    else:
        bare.execute("CREATE EXTENSION plpython3u")
        with bare.transaction():
            bare.execute((version.PACKAGED_SQL / "plain--0.1.0.sql").read_bytes())
        bare.execute("RESET search_path")
    bare.execute("SELECT * FROM coord.register_intent('a', 'f', 'CREATE TABLE t ()'::text)")
    assert installed(bare) == Installed(request.param, "0.1.0")
    return bare


@pytest.mark.parametrize("step", [install.install, upgrade])
def test_the_first_release_is_upgraded_and_keeps_its_rows(
    old: psycopg.Connection[Any], step: Callable[[psycopg.Connection[Any]], install.Outcome]
) -> None:
    before = old.execute("SELECT * FROM coord.intent_history").fetchall()
    with pytest.raises(VersionMismatch, match=r"0\.1\.0"):
        IntentRegistry(old).list_intents()
    outcome = step(old)
    assert (outcome.action, outcome.version) == ("updated", OURS)
    assert outcome.notes == ["It was 0.1.0."]
    assert step(old).action == "unchanged"
    assert old.execute("SELECT * FROM coord.intent_history").fetchall() == before
    assert [each.feature_name for each in IntentRegistry(old).list_intents()] == ["f"]
    assert [each for each in examine(old) if not each.ok] == []


def test_an_upgrade_that_fails_changes_nothing(
    old: psycopg.Connection[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = installed(old)
    assert how is not None
    if how.how == "plain":
        for path in version.PACKAGED_SQL.glob("plain--*.sql"):
            (tmp_path / path.name).write_bytes(path.read_bytes() + b"\nSELECT 1/0;\n")
        monkeypatch.setattr(install, "PACKAGED_SQL", tmp_path)
    else:  # its script cannot be changed; something that stands in its way can be made
        old.execute(
            "CREATE FUNCTION fail() RETURNS event_trigger LANGUAGE plpgsql"
            " AS 'BEGIN PERFORM 1/0; END'; CREATE EVENT TRIGGER fail ON ddl_command_end"
            " WHEN TAG IN ('COMMENT') EXECUTE FUNCTION fail()"
        )
    with pytest.raises(psycopg.errors.DivisionByZero):
        upgrade(old)
    assert installed(old) == how
    assert old.execute("SELECT coord.version()").fetchone() == ("0.1.0",)
    assert old.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_a_plain_installation_becomes_an_extension_with_its_rows(
    bare: psycopg.Connection[Any],
) -> None:
    install.install(bare, plain=True)
    intent = IntentRegistry(bare).register("a", "f", ["CREATE TABLE t ()"])
    outcome = install.adopt(bare)
    assert (outcome.action, outcome.how) == ("updated", "extension")
    assert installed(bare) == Installed("extension", OURS)
    assert IntentRegistry(bare).list_intents() == [intent]
    assert all(each.ok for each in examine(bare))
    with pytest.raises(InstallError, match="no plain installation"):
        install.adopt(bare)


def test_a_database_that_is_newer_than_the_wrapper_is_left_alone(
    bare: psycopg.Connection[Any],
) -> None:
    install.install(bare, plain=True)
    bare.execute("UPDATE coord.plain_install SET version = '999.0.0'")
    with pytest.raises(VersionMismatch, match=r"999\.0\.0") as caught:
        install.install(bare)
    assert "pip install" in str(caught.value.hint)


def test_a_superuser_is_needed_and_the_error_says_so(bare: psycopg.Connection[Any]) -> None:
    with (
        acting_as(bare, "somebody"),
        pytest.raises(InstallError, match="needs a superuser, and role somebody is none") as error,
    ):
        install.install(bare)
    assert "--database-url" in str(error.value.hint)


def test_a_lock_that_somebody_holds_is_not_waited_for_forever(
    bare: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "_PATIENCE_S", 1)
    bare.execute("set lock_timeout = '12345ms'")
    with psycopg.connect(bare.info.dsn) as other:
        other.execute("select pg_advisory_lock(hashtext('confiture_coord'))")
        with pytest.raises(InstallError) as caught:
            install.install(bare)
        assert str(other.info.backend_pid) in (caught.value.detail or "")
        assert "Try again" in (caught.value.hint or "")
    assert installed(bare) is None
    with bare.transaction():
        install.install(bare)
        assert bare.execute("show lock_timeout").fetchone() == ("12345ms",)


def test_uninstalling_is_refused_while_intents_are_active(
    ready: psycopg.Connection[Any],
) -> None:
    registry = IntentRegistry(ready)
    intent = registry.register("a", "f", ["CREATE TABLE t ()"])
    with pytest.raises(InstallError, match="there is an active intent") as caught:
        uninstall(ready)
    assert "--force" in str(caught.value.hint)
    registry.mark_abandoned(intent.id)
    outcome = uninstall(ready)
    assert outcome.action == "removed"
    assert "coord_agent" in outcome.notes[0]
    assert installed(ready) is None
    assert ready.execute("SELECT to_regnamespace('coord')").fetchone() == (None,)
    assert install.install(ready).action == "created"


def test_uninstalling_does_not_take_the_site_s_own_objects_along(
    ready: psycopg.Connection[Any],
) -> None:
    ready.execute("CREATE VIEW busy AS SELECT agent_id FROM coord.intent")
    with pytest.raises((InstallError, psycopg.errors.DependentObjectsStillExist)) as caught:
        uninstall(ready)
    assert "busy" in str(caught.value) + str(getattr(caught.value, "detail", ""))
    assert uninstall(ready, force=True).action == "removed"
    assert ready.execute("SELECT to_regclass('busy')").fetchone() == (None,)


# -- doctor ------------------------------------------------------------------------------------


def findings(connection: psycopg.Connection[Any]) -> dict[str, Finding]:
    return {each.subject: each for each in examine(connection)}


def test_a_healthy_installation(ready: psycopg.Connection[Any]) -> None:
    found = findings(ready)
    assert all(each.ok for each in found.values()), found
    assert set(found) == {
        "server",
        "plpython3u",
        "confiture_coord",
        "privileges",
        "detector",
        "guard triggers",
        "history",
    }
    assert "pglast" in found["detector"].finding


def test_a_database_without_anything(bare: psycopg.Connection[Any]) -> None:
    found = findings(bare)
    assert not found["plpython3u"].ok
    assert "CREATE EXTENSION plpython3u" in str(found["plpython3u"].mend)
    assert not found["confiture_coord"].ok
    assert "confiture-coord install" in str(found["confiture_coord"].mend)
    assert "detector" not in found


def test_a_trigger_that_a_restore_left_half_dead(ready: psycopg.Connection[Any]) -> None:
    ready.execute("ALTER TABLE coord.intent_history ENABLE TRIGGER intent_history_100_refuse_row")
    found = findings(ready)["guard triggers"]
    assert not found.ok
    assert found.mend is not None
    ready.execute(found.mend.encode())
    assert findings(ready)["guard triggers"].ok


def test_an_old_version(ready: psycopg.Connection[Any], next_release: str) -> None:
    found = findings(ready)["confiture_coord"]
    assert found.ok  # a patch release behind works
    assert found.mend is not None
    assert "upgrade" in found.mend
    assert next_release in found.finding


def test_a_role_without_rights_learns_which_grant_it_needs(
    ready: psycopg.Connection[Any],
) -> None:
    with acting_as(ready, "nobody_yet", "USAGE ON SCHEMA coord"):
        found = findings(ready)["privileges"]
    assert not found.ok
    assert found.mend == "GRANT coord_agent TO nobody_yet"


def test_an_agent_s_role_is_enough(ready: psycopg.Connection[Any]) -> None:
    with acting_as(ready, "an_agent", "coord_agent"):
        found = findings(ready)
    assert found["privileges"].ok
    assert "coord_agent" in found["privileges"].finding
