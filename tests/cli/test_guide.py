"""Smaller things that the guide promises of the command line, one by one."""

from __future__ import annotations

import inspect
import json
from datetime import datetime
from select import select
from typing import Any

import pytest

from confiture_coord.cli.app import app
from tests.cli.conftest import Newcomer, Run

ADD = "ALTER TABLE users ADD COLUMN bio TEXT"
REQUIRED = ["--agent-id", "claude-test", "--feature-name", "user_bio", "--schema-changes", ADD]


def commands() -> dict[str, Any]:
    return {
        command.name or command.callback.__name__: command.callback  # type: ignore[union-attr]
        for command in app.registered_commands
    }


@pytest.mark.parametrize("name", commands())
def test_every_command_takes_a_database_and_a_format(name: str) -> None:
    assert {"database_url", "format"} <= set(inspect.signature(commands()[name]).parameters)


@pytest.mark.parametrize("command", ["register", "check"])
@pytest.mark.parametrize("missing", ["--agent-id", "--feature-name", "--schema-changes"])
def test_required_options(run: Run, command: str, missing: str) -> None:
    place = REQUIRED.index(missing)
    told = run(command, *REQUIRED[:place], *REQUIRED[place + 2 :])
    assert told.status == 2
    assert f"Missing option '{missing}'" in told.err


def test_what_is_not_said_has_the_guide_s_defaults(run: Run) -> None:
    intent = run("register", *REQUIRED, "--format", "json").json["intent"]
    assert intent["risk_level"] == "low"
    assert intent["status"] == "registered"
    assert intent["estimated_duration_ms"] == 0
    assert intent["metadata"] == {}
    assert intent["tables_affected"] == ["users"]
    assert intent["branch_name"] == "feature/user_bio_001"


@pytest.mark.parametrize("level", ["low", "medium", "high", "HIGH"])
def test_risk_levels(run: Run, level: str) -> None:
    told = run("register", *REQUIRED, "--risk-level", level, "--format", "json")
    assert told.json["intent"]["risk_level"] == level.lower()


def test_times_are_iso_8601_with_a_zone(run: Run) -> None:
    intent = run("register", *REQUIRED, "--format", "json").json["intent"]
    for key in ("created_at", "updated_at"):
        assert datetime.fromisoformat(intent[key]).utcoffset() is not None


def test_every_status_can_be_filtered(run: Run) -> None:
    run("register", *REQUIRED)
    statuses = ("registered", "in_progress", "completed", "merged", "abandoned", "conflicted")
    totals = [
        run("list-intents", "--status-filter", status, "--format", "json").json["total"]
        for status in statuses
    ]
    assert totals == [1, 0, 0, 0, 0, 0]


def test_checking_stores_nothing(run: Run) -> None:
    run("register", *REQUIRED)
    before = run("list-intents", "--format", "json").out
    assert run("check", *REQUIRED[:1], "other", *REQUIRED[2:]).status == 1
    assert run("list-intents", "--format", "json").out == before
    assert run("conflicts").out == "✓ No open conflicts\n"


def test_conflicts_that_nobody_settles_stay(run: Run) -> None:
    run("register", *REQUIRED)
    other = run("register", *REQUIRED[:1], "other", *REQUIRED[2:], "--format", "json").json
    for _ in range(2):
        assert run("conflicts", "--format", "json").json["total_conflicted_intents"] == 2
        run("register", "--agent-id=third", "--feature-name=t", "--schema-changes=SELECT 1")
    refused = run("start", "--intent-id", other["intent"]["id"], "--format", "json")
    assert refused.status == 2
    assert refused.json["error"]["code"] == "IC004"
    assert refused.json["error"]["conflicts"]


def test_abandoned_intents_stay_and_may_not_be_abandoned_twice(run: Run) -> None:
    intent = run("register", *REQUIRED, "--format", "json").json["intent"]["id"]
    abandon = ("abandon", "--intent-id", intent, "--reason", "cancelled")
    assert "is ABANDONED" in run(*abandon).out
    again = run(*abandon)
    assert again.status == 2
    assert "cannot move from abandoned" in again.err
    listed = run("list-intents", "--status-filter", "abandoned", "--format", "json").json
    assert [each["id"] for each in listed["intents"]] == [intent]


def test_a_terminal_shows_ids_of_eight_characters_and_whole_words(settled: Newcomer) -> None:
    intent = settled("register", *REQUIRED, "--format", "json").json["intent"]["id"]
    shown = settled.on_terminal("list-intents", columns=100).out
    assert intent[:8] in shown
    assert intent[:9] not in shown
    for word in ("Intentions (1 total)", "claude-test", "user_bio", "registered", "low"):
        assert word in shown
    box = settled.on_terminal("status", "--intent-id", intent[:8], columns=100).out
    assert "╭─ Intention" in box
    assert intent in box


def test_watching_as_json(settled: Newcomer) -> None:
    watching = settled.start("watch", "--interval", "0.2", "--format", "json")
    assert watching.stdout is not None
    told: list[Any] = []
    number = 0
    while not told:  # it tells what happens once it has begun, and does not say when that is
        number += 1
        settled("register", *REQUIRED[:3], f"f{number}", "--schema-changes", "SELECT 1")
        told = select([watching.stdout], [], [], 0.3)[0]
    event = json.loads(watching.stdout.readline())
    watching.send_signal(2)
    watching.communicate()
    assert watching.returncode == 0
    assert (event["event"], event["agent_id"]) == ("registered", "claude-test")
    assert datetime.fromisoformat(event["changed_at"]).utcoffset() is not None
