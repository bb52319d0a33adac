"""The commands against a real server: what they print, what they return, what they refuse."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
ADD_STRIPE = "ALTER TABLE users ADD COLUMN stripe_customer_id TEXT"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
ADD_OAUTH = "ALTER TABLE users ADD COLUMN oauth_provider_id TEXT"
INTENT_KEYS = [
    *("id", "agent_id", "feature_name", "branch_name", "schema_changes", "tables_affected"),
    *("estimated_duration_ms", "risk_level", "status", "created_at", "updated_at"),
    *("conflicts_with", "metadata"),
]
CONFLICT_KEYS = [
    *("id", "intent_a", "intent_b", "conflict_type", "affected_objects", "severity"),
    *("resolution_suggestions", "reviewed", "reviewed_at", "resolution_notes", "created_at"),
]


def declare(run: Any, agent: str, feature: str, changes: str, *more: str) -> Any:
    """Register; the JSON document."""
    arguments = ("--agent-id", agent, "--feature-name", feature, "--schema-changes", changes)
    result = run("register", *arguments, *more, "--format", "json")
    assert result.status == 0, result
    assert result.err == ""
    return result.json


def payments(run: Any) -> Any:
    return declare(run, "claude-payments", "stripe_integration", ADD_STRIPE)


def auth(run: Any, changes: str = ADD_OAUTH) -> Any:
    return declare(run, "claude-auth", "oauth2_provider", changes)


# -- JSON, in the guide's shapes -----------------------------------------------------------------


def test_register_json(run: Any) -> None:
    document = declare(
        run,
        "claude-test",
        "user_bio",
        "ALTER TABLE users ADD COLUMN bio TEXT",
        *("--tables-affected", "users, profiles", "--risk-level", "HIGH"),
        *("--estimated-hours", "1000.5", "--metadata", '{"jira": "PAY-1"}'),
    )
    assert list(document) == ["intent", "conflicts"]
    intent = document["intent"]
    assert list(intent) == INTENT_KEYS
    assert intent["branch_name"] == "feature/user_bio_001"
    assert intent["estimated_duration_ms"] == 3_601_800_000
    assert intent["risk_level"] == "high"
    assert intent["metadata"] == {"jira": "PAY-1"}
    assert sorted(intent["tables_affected"]) == ["profiles", "users"]
    assert document["conflicts"] == []


def test_register_json_with_a_conflict(run: Any) -> None:
    first = payments(run)["intent"]
    document = auth(run)
    [conflict] = document["conflicts"]
    assert set(CONFLICT_KEYS) <= set(conflict)
    assert conflict["intent_a"] == document["intent"]["id"]
    assert conflict["intent_b"] == first["id"]
    assert (conflict["conflict_type"], conflict["severity"]) == ("table", "warning")
    assert conflict["affected_objects"] == ["users"]
    assert (conflict["reviewed"], conflict["reviewed_at"]) == (False, None)
    assert conflict["resolution_notes"] == ""
    assert document["intent"]["conflicts_with"] == [first["id"]]


def test_list_json(run: Any) -> None:
    assert run("list-intents", "--format", "json").json == {"total": 0, "intents": []}
    first, second = payments(run)["intent"], auth(run)["intent"]
    document = run("list-intents", "--format", "json").json
    assert document["total"] == 2
    assert [each["id"] for each in document["intents"]] == [first["id"], second["id"]]
    assert list(document["intents"][0]) == INTENT_KEYS
    filtered = run(
        "list-intents", "--status-filter", "CONFLICTED", "--agent-filter=claude-auth",
        "--format=json",
    )  # fmt: skip
    assert [each["id"] for each in filtered.json["intents"]] == [second["id"]]


def test_check_json_and_its_exit_status(run: Any) -> None:
    arguments = ("check", "--agent-id", "claude-auth", "--feature-name", "oauth2")
    nothing = run(*arguments, "--schema-changes", ADD_OAUTH, "--format", "json")
    assert (nothing.status, nothing.json) == (0, {"conflicts_detected": 0, "conflicts": []})
    payments(run)

    def check(changes: str, *more: str) -> tuple[int, Any]:
        result = run(*arguments, "--schema-changes", changes, "--format", "json", *more)
        return result.status, result.json

    status, document = check(ADD_OAUTH)
    assert status == 0  # a warning does not fail
    assert document["conflicts_detected"] == 1
    assert document["conflicts"][0]["id"] == 0
    assert set(CONFLICT_KEYS) <= set(document["conflicts"][0])
    assert check(ADD_OAUTH, "--fail-on", "warning")[0] == 1
    same_column = ADD_STRIPE.replace("TEXT", "INT")
    status, document = check(same_column)
    assert status == 1
    assert "users.stripe_customer_id" in str(document)
    assert check(same_column, "--fail-on", "none")[0] == 0
    assert run("list-intents", "--format", "json").json["total"] == 1


def test_status_json(run: Any) -> None:
    payments(run)
    registered = auth(run)
    document = run("status", "--intent-id", registered["intent"]["id"], "--format", "json").json
    assert document == registered


def test_conflicts_json(run: Any) -> None:
    empty = {"total_conflicted_intents": 0, "conflicted_intents": []}
    assert run("conflicts", "--format", "json").json == empty
    first, second = payments(run)["intent"], auth(run)["intent"]
    declare(run, "claude-else", "elsewhere", "CREATE TABLE elsewhere ()")
    document = run("conflicts", "--format", "json").json
    assert document["total_conflicted_intents"] == 2
    assert [each["intent"]["id"] for each in document["conflicted_intents"]] == [
        first["id"],
        second["id"],
    ]
    for each in document["conflicted_intents"]:
        assert list(each["intent"]) == INTENT_KEYS
        assert [conflict["id"] for conflict in each["conflicts"]] == [1]
    one = run("conflicts", "--intent-id", first["id"], "--format", "json").json
    assert one["total_conflicted_intents"] == 1
    run("resolve", "--conflict-id", "1", "--notes", "agreed")
    assert run("conflicts", "--format", "json").json == empty
    closed = run("conflicts", "--all", "--format", "json").json
    assert closed["total_conflicted_intents"] == 2
    assert closed["conflicted_intents"][0]["conflicts"][0]["resolution_notes"] == "agreed"


def test_resolve_json(run: Any) -> None:
    payments(run)
    [conflict] = auth(run)["conflicts"]
    notes = "Coordinated with team, applying sequentially"
    result = run(
        "resolve", "--conflict-id", str(conflict["id"]), "--notes", notes, "--format", "json"
    )
    assert result.json == {
        "conflict_id": conflict["id"],
        "resolved": True,
        "resolution_notes": notes,
    }


def test_abandon_json(run: Any) -> None:
    intent = payments(run)["intent"]
    arguments = ("--intent-id", intent["id"][:8], "--reason", "Feature cancelled")
    result = run("abandon", *arguments, "--format", "json")
    assert result.json == {
        "intent_id": intent["id"],
        "feature_name": "stripe_integration",
        "status": "abandoned",
        "reason": "Feature cancelled",
    }


def test_the_whole_lifecycle_and_its_history(run: Any) -> None:
    intent = payments(run)["intent"]
    for command, status in (
        ("start", "in_progress"),
        ("complete", "completed"),
        ("mark-merged", "merged"),
    ):
        result = run(command, "--intent-id", intent["id"], "--format", "json")
        assert result.json["status"] == status
        assert result.json["reason"]
    document = run("history", "--intent-id", intent["id"][:8], "--format", "json").json
    assert document["intent_id"] == intent["id"]
    assert [each["new_status"] for each in document["history"]] == [
        "registered",
        "in_progress",
        "completed",
        "merged",
    ]


# -- text ----------------------------------------------------------------------------------------


def test_text_says_what_the_guide_says(run: Any) -> None:
    register = ("register", "--agent-id", "claude-payments", "--feature-name")
    first = run(*register, "stripe_integration", "--schema-changes", ADD_STRIPE)
    assert "Intention Registered" in first.out
    for line in ("Agent:", "Feature:", "Branch:", "REGISTERED", "Risk Level:", "Tables Affected:"):
        assert line in first.out
    assert "✓ No conflicts" in first.out

    second = run(
        "register", "--agent-id", "claude-auth", "--feature-name", "oauth2_provider",
        "--schema-changes", ADD_OAUTH,
    )  # fmt: skip
    assert "⚠️  Warning: Found 1 conflict(s) with existing intentions:" in second.out
    assert "  - table: users [warning]" in second.out
    assert "claude-payments" in second.out

    listed = run("list-intents").out
    assert listed.splitlines()[0] == "Intentions (2 total)"
    assert listed.splitlines()[1].split() == ["ID", "Agent", "Feature", "Status", "Risk"]

    ident = run("list-intents", "--format", "json").json["intents"][1]["id"]
    status = run("status", "--intent-id", ident[:8]).out
    assert "Conflict (1):" in status
    assert "  1. table [warning] (users)" in status
    assert "Suggestions:" in status
    assert ADD_OAUTH in status

    assert "Conflicts (1 open)" in run("conflicts").out
    check = ("check", "--agent-id", "x", "--feature-name", "y", "--schema-changes")
    assert run(*check, "CREATE TABLE w ()").out == "✓ No conflicts detected!\n"
    assert "Found 2 conflict(s)" in run(*check, ADD_OAUTH.replace("oauth", "other")).out


def test_nothing_is_cut_off_when_piped(run: Any) -> None:
    feature = "a_very_long_feature_name_" * 8
    intent = declare(run, "an-agent-with-a-long-name-" * 4, feature, ADD_STRIPE)["intent"]
    out = run("list-intents").out
    for part in (intent["id"], intent["agent_id"], intent["feature_name"]):
        assert part in out


def test_the_number_in_the_text_is_the_one_that_resolve_takes(run: Any) -> None:
    payments(run)
    auth(run)
    third = declare(run, "claude-third", "third", "ALTER TABLE users ADD COLUMN third INT")
    numbers = [each["id"] for each in third["conflicts"]]
    assert numbers == [2, 3]
    text = run("status", "--intent-id", third["intent"]["id"]).out
    assert all(f"  {number}. table [warning] (users)" in text for number in numbers)


# -- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["status", "--intent-id", "int_abc123"], "IC001", "ntention not found: int_abc123"),
        (["status", "--intent-id", "01234567"], "IC001", "not found: 01234567"),
        (["status", "--intent-id", "0123"], "22023", "too short"),
        (["history", "--intent-id", "0" * 40], "IC001", "not found"),
        (
            ["start", "--intent-id", "00000000-0000-4000-8000-000000000000"],
            "IC001",
            "00000000-0000",
        ),
        (["resolve", "--conflict-id", "42", "--notes", "n"], "IC005", "42"),
        (["resolve", "--conflict-id", "9" * 20, "--notes", "n"], "22003", "out of range"),
        (["list-intents", "--status-filter", "in_progres"], "22023", "no status"),
    ],
)
def test_a_refusal_has_code_message_and_hint(
    run: Any, arguments: list[str], code: str, message: str, as_json: bool
) -> None:
    result = run(*arguments, *(["--format", "json"] if as_json else []))
    assert result.status == 2
    if as_json:
        assert result.err == ""
        error = result.json["error"]
        assert (error["code"], message in error["message"]) == (code, True)
    else:
        assert result.out == ""
        assert message in result.err
        assert result.err.startswith("Error: ")


def test_ddl_that_does_not_parse_shows_the_place(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "broken.sql"
    file.write_text("CREATE TABLE a ();\nALTER TABEL users;\n")
    arguments = ("--agent-id", "a", "--feature-name", "f", "--schema-changes", str(file))
    result = run("register", *arguments)
    assert result.status == 2
    assert "line 2" in result.err
    assert "^" in result.err
    error = run("register", *arguments, "--format", "json").json["error"]
    assert error["code"] == "42601"
    assert "^" in error["detail"]


def test_refuse_on_carries_the_conflicts(run: Any) -> None:
    payments(run)
    result = run(
        "register", "--agent-id", "b", "--feature-name", "g", "--schema-changes", ADD_OAUTH,
        "--refuse-on", "warning", "--format", "json",
    )  # fmt: skip
    assert result.status == 2
    assert result.json["error"]["code"] == "IC004"
    [conflict] = result.json["error"]["conflicts"]
    assert conflict["agent_b"] == "claude-payments"
    assert run("list-intents", "--format", "json").json["total"] == 1


def test_an_ambiguous_prefix_lists_what_it_might_mean(run: Any, dsn: str) -> None:
    ids = [payments(run)["intent"]["id"], auth(run)["intent"]["id"]]
    with psycopg.connect(dsn, autocommit=True) as connection:
        same = [f"aaaaaaaa{each[8:]}" for each in ids]
        connection.execute("SET session_replication_role = replica")
        for table, column in (
            ("coord.intent", "id"), ("coord.intent_history", "intent_id"),
            ("coord.conflict", "intent_a"), ("coord.conflict", "intent_b"),
        ):  # fmt: skip
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            for old, new in zip(ids, same, strict=True):
                connection.execute(
                    f"UPDATE {table} SET {column} = %s WHERE {column} = %s", (new, old)
                )
    result = run("status", "--intent-id", "aaaaaaaa")
    assert result.status == 2
    assert "2 intents have an id that begins with aaaaaaaa" in result.err
    assert all(each in result.err for each in same)
    longer = run("status", "--intent-id", same[0][:16], "--format", "json")
    assert longer.json["intent"]["id"] == same[0]


def test_without_the_extension(anywhere: Any, plain_dsn: str) -> None:
    result = anywhere("list-intents", "--database-url", plain_dsn)
    assert result.status == 2
    assert "not installed in this database" in result.err
    assert "confiture-coord install" in result.err


def test_a_wrong_database_name(anywhere: Any, dsn: str) -> None:
    result = anywhere("list-intents", "--db-url", f"{dsn} dbname=no_such_database")
    assert result.status == 2
    assert "no_such_database" in result.err
    assert "Hint: Check the database's name" in result.err


def test_a_wrong_role(anywhere: Any, dsn: str) -> None:
    result = anywhere("list-intents", "--db-url", f"{dsn} user=no_such_role")
    assert result.status == 2
    assert "no_such_role" in result.err
    assert "Hint: Check the user" in result.err


def test_a_file_of_ten_megabytes_is_refused_by_the_server_s_limit(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "large.sql"
    file.write_text("SELECT 1;\n" * 1_000_000)
    result = run("check", "--agent-id", "a", "--feature-name", "f", "--schema-changes", str(file))
    assert result.status == 2
    assert len(result.err) < 2000
    assert "Hint:" in result.err


def test_several_files_are_one_plan(run: Any, tmp_path: Path) -> None:
    (tmp_path / "1.sql").write_text("CREATE TABLE a (x int);")
    (tmp_path / "2.sql").write_text("CREATE TABLE b (y int); -- the end\n")
    document = declare(
        run, "a", "f", str(tmp_path / "1.sql"), "--schema-changes", str(tmp_path / "2.sql")
    )
    assert [each.split(" (")[0] for each in document["intent"]["schema_changes"]] == [
        "CREATE TABLE a",
        "CREATE TABLE b",
    ]


# -- GitHub annotations --------------------------------------------------------------------------


def test_github_annotations_name_file_and_line(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    payments(run)
    Path("migrations").mkdir()
    file = Path("migrations/0042.sql")
    file.write_text(
        "CREATE TABLE mine (a int);\n\n-- the column\n"
        "ALTER TABLE users\n    ADD COLUMN stripe_customer_id INT;\n"
    )
    arguments = ("check", "--agent-id", "ci", "--feature-name", "pr", "--schema-changes")
    result = run(*arguments, str(file), "--format", "github")
    assert result.status == 1
    lines = result.out.splitlines()
    assert all(line.startswith("::") for line in lines)
    assert any(
        line.startswith("::error file=migrations/0042.sql,line=4,title=column conflict")
        and "stripe_integration" in line
        for line in lines
    ), lines
    quiet = run(*arguments, "CREATE TABLE calm ()", "--format", "github")
    assert (quiet.status, quiet.out) == (
        0,
        "::notice title=confiture-coord::No conflicts detected\n",
    )


# -- installing ------------------------------------------------------------------------------------


def test_install_doctor_uninstall(
    anywhere: Any, plain_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", plain_dsn)
    sick = anywhere("doctor")
    assert sick.status == 2
    assert "✗ confiture_coord: is not installed" in sick.out
    assert "→ confiture-coord install" in sick.out
    installed = anywhere("install", "--plain", "--format", "json")
    assert installed.status == 0, installed
    assert (installed.json["action"], installed.json["how"]) == ("created", "plain")
    assert installed.json["detector"]["ok"]
    assert "is installed already" in anywhere("install").out
    assert "is installed already" in anywhere("upgrade").out
    well = anywhere("doctor", "--format", "json")
    assert (well.status, well.json["ok"]) == (0, True)
    payments(anywhere)
    refused = anywhere("uninstall", "--yes")
    assert refused.status == 2
    assert "active intent" in refused.err
    assert anywhere("uninstall").status == 2
    assert anywhere("uninstall", "--yes", "--force").status == 0
    assert anywhere("doctor").status == 2


# -- as a process ----------------------------------------------------------------------------------


def process(dsn: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    environment = os.environ | {
        "DATABASE_URL": dsn,
        "PYTHONPATH": str(CHECKOUT / "python"),
        "PYTHONUNBUFFERED": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "confiture_coord", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_a_closed_pipe_is_no_traceback(run: Any, dsn: str) -> None:
    for number in range(3):
        declare(run, "a", f"f{number}", f"CREATE TABLE t{number} ()")
    command = f"{sys.executable} -m confiture_coord list-intents --format json | head -1"
    result = subprocess.run(
        ["bash", "-c", command],
        env=os.environ | {"DATABASE_URL": dsn, "PYTHONPATH": str(CHECKOUT / "python")},
        capture_output=True,
        text=True,
    )
    assert (result.stdout, result.stderr) == ("{\n", "")
    reader, writer = os.pipe()
    os.close(reader)
    closed = subprocess.run(
        [sys.executable, "-m", "confiture_coord", "list-intents"],
        env=os.environ | {"DATABASE_URL": dsn, "PYTHONPATH": str(CHECKOUT / "python")},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    assert (closed.returncode, closed.stderr) == (2, "")


def test_watch_on_a_pipe_prints_a_line_for_each_event_until_interrupted(run: Any, dsn: str) -> None:
    payments(run)  # before: not shown
    watching = process(dsn, "watch", "--interval", "0.2")
    assert watching.stdout is not None
    try:
        assert watching.stdout.readline().startswith("Watching")
        auth(run)
        line = watching.stdout.readline()
        assert "oauth2_provider" in line
        assert "claude-auth" in line
    finally:
        watching.send_signal(2)
        out, err = watching.communicate(timeout=30)
    assert watching.returncode == 0
    assert "stripe_integration" not in out
    assert err == ""


def test_an_output_that_is_not_unicode(run: Any, dsn: str) -> None:
    declare(run, "größe", "f", ADD_STRIPE)
    environment = os.environ | {
        "DATABASE_URL": dsn,
        "PYTHONPATH": str(CHECKOUT / "python"),
        "PYTHONIOENCODING": "ascii",
    }
    for arguments, expected in (
        (["list-intents", "--format", "json"], '"gr\\u00f6\\u00dfe"'),
        (["conflicts"], "\\u2713 No open conflicts"),
    ):
        result = subprocess.run(
            [sys.executable, "-m", "confiture_coord", *arguments],
            env=environment,
            capture_output=True,
            text=True,
        )
        assert (result.returncode, result.stderr) == (0, "")
        assert expected in result.stdout
