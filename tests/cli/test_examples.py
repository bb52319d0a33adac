"""The workflows of docs/examples, run as they are written, and the snippets of the guide."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = CHECKOUT / "docs" / "examples"

EXPECTED = {
    "solo.sh": ["✓ No conflicts detected!", "is MERGED", "migration written and tested"],
    "two-agents.sh": [
        "table [warning] (users)",
        "claude-payments",
        "is resolved",
        "✓ No open conflicts",
        "in_progress",
    ],
    "two-phase.sh": ["✓ No conflicts", "✓ No open conflicts", "Merge order (2 active)"],
    "re-register.sh": [
        "products.featured",
        "[error]",
        "cannot move to in_progress",
        "is ABANDONED",
        "warning",
    ],
}


@pytest.fixture
def shell(dsn: str, tmp_path: Path) -> dict[str, str]:
    """An environment with the command on the path and a fresh database."""
    command = tmp_path / "confiture-coord"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m confiture_coord "$@"\n')
    command.chmod(0o755)
    path = f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return os.environ | {
        "PATH": path,
        "DATABASE_URL": dsn,
        "PYTHONPATH": str(CHECKOUT / "python"),
    }


def run(shell: dict[str, str], *command: str) -> str:
    result = subprocess.run(command, env=shell, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_tells_its_story(shell: dict[str, str], name: str) -> None:
    said = run(shell, "sh", str(EXAMPLES / name))
    missing = [words for words in EXPECTED[name] if words not in said]
    assert missing == [], said
    assert "Traceback" not in said


def test_the_diamond_s_order_is_a_b_c(shell: dict[str, str]) -> None:
    said = run(shell, "sh", str(EXAMPLES / "diamond.sh"))
    order = said.partition("Merge order")[2].splitlines()[2:]
    assert [line.split()[3] for line in order] == [
        "user_enhancements",
        "order_tracking",
        "user_order_analytics",
    ]
    between = said.partition("Conflicts (")[2].partition("==")[0]
    pairs = {
        frozenset(agent for agent in ("users", "orders", "analytics") if f"claude-{agent} " in line)
        for line in between.splitlines()[2:]
    }
    assert {frozenset(pair) for pair in (("users", "orders"), ("users", "analytics"))} <= pairs
    assert frozenset(("orders", "analytics")) in pairs


def test_every_example_is_listed_here() -> None:
    scripts = {path.name for path in EXAMPLES.glob("*.sh")}
    assert scripts == set(EXPECTED) | {"diamond.sh", "merge-completed.sh"}


# As the guide writes them; `confiture coordinate` is `confiture-coord` here.
SNIPPETS: dict[str, tuple[str, list[str]]] = {
    "bash": (
        r"""
# Get count of active intents
active_count=$(confiture-coord list-intents \
  --status-filter in_progress \
  --format json | jq '.total')

# Check if specific agent has conflicts
conflicts=$(confiture-coord list-intents \
  --agent-filter claude-payments \
  --format json | jq '.intents[] | select(.status == "conflicted")')

if [ -n "$conflicts" ]; then
  echo "⚠️  claude-payments has conflicts!"
fi
""",
        ["⚠️  claude-payments has conflicts!"],
    ),
    "python3": (
        """
import json
import subprocess

# Get all intents
result = subprocess.run(
    ["confiture-coord", "list-intents", "--format", "json"],
    capture_output=True,
    text=True
)
data = json.loads(result.stdout)

# Count intents by status
from collections import Counter
status_counts = Counter(intent["status"] for intent in data["intents"])
print(f"In Progress: {status_counts['in_progress']}")
print(f"Conflicted: {status_counts['conflicted']}")
""",
        ["In Progress: 1", "Conflicted: 1"],
    ),
    "node": (
        """
const { execSync } = require('child_process');

// Get conflicts
const output = execSync(
  'confiture-coord conflicts --format json',
  { encoding: 'utf8' }
);
const data = JSON.parse(output);

if (data.total_conflicted_intents > 0) {
  console.log('⚠️  Conflicts detected:');
  data.conflicted_intents.forEach(item => {
    console.log(`  - ${item.intent.feature_name} (${item.intent.agent_id})`);
  });
}
""",
        [
            "⚠️  Conflicts detected:",
            "  - oauth2_provider (claude-auth)",
            "  - stripe_integration (claude-payments)",
        ],
    ),
}
NEEDED = {"bash": "jq", "python3": "python3", "node": "node"}


def register(shell: dict[str, str], agent: str, feature: str, column: str) -> str:
    arguments = ("register", "--agent-id", agent, "--feature-name", feature, "--schema-changes")
    changes = f"ALTER TABLE users ADD COLUMN {column} TEXT"
    document = json.loads(run(shell, "confiture-coord", *arguments, changes, "--format", "json"))
    return str(document["intent"]["id"])


@pytest.mark.parametrize("language", SNIPPETS)
def test_the_snippets_of_the_guide_that_parse_json(shell: dict[str, str], language: str) -> None:
    if shutil.which(NEEDED[language], path=shell["PATH"]) is None:
        pytest.skip(f"{NEEDED[language]} is not installed here")
    first = register(shell, "claude-auth", "oauth2_provider", "oauth_provider_id")
    run(shell, "confiture-coord", "start", "--intent-id", first)
    register(shell, "claude-payments", "stripe_integration", "stripe_id")
    script, expected = SNIPPETS[language]
    said = run(shell, language, "-e" if language == "node" else "-c", script)
    assert said.splitlines() == expected


def test_the_number_of_active_intents_that_the_guide_s_shell_counts(shell: dict[str, str]) -> None:
    if shutil.which("jq", path=shell["PATH"]) is None:
        pytest.skip("jq is not installed here")
    first = register(shell, "claude-auth", "oauth2_provider", "oauth_provider_id")
    run(shell, "confiture-coord", "start", "--intent-id", first)
    script = SNIPPETS["bash"][0] + 'echo "$active_count"'
    assert run(shell, "bash", "-c", script) == "1\n"


def test_the_pipeline_merges_what_is_completed_and_skips_what_conflicts(
    shell: dict[str, str],
) -> None:
    if shutil.which("jq", path=shell["PATH"]) is None:
        pytest.skip("jq is not installed here")
    first = register(shell, "claude-payments", "stripe_integration", "stripe_id")
    register(shell, "claude-auth", "oauth2_provider", "oauth_provider_id")
    run(shell, "confiture-coord", "start", "--intent-id", first)
    run(shell, "confiture-coord", "complete", "--intent-id", first)
    script = str(EXAMPLES / "merge-completed.sh")
    skipped = "Skipping feature/stripe_integration_001: 1 open conflict(s)"
    assert skipped in run(shell, "bash", script)
    run(shell, "confiture-coord", "resolve", "--conflict-id", "1", "--notes", "agreed")
    assert "Merging feature/stripe_integration_001" in run(shell, "bash", script)
    assert run(shell, "bash", script) == ""
