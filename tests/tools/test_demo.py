"""The demo plays to its end, and what it shows is what happened."""

from __future__ import annotations

import pytest

from tools.cluster import Cluster
from tools.demo import demo


def test_the_story_is_played_to_its_end(
    cluster: Cluster, capfd: pytest.CaptureFixture[str]
) -> None:
    demo(cluster)
    shown = capfd.readouterr().out
    in_order = [
        "CREATE EXTENSION confiture_coord CASCADE;",
        "feature/stripe_integration_001 | registered",  # nobody is in the way
        "| table         | warning  | overlap",  # the check
        'WARNING:  table conflict with "stripe_integration" of claude-payments',
        'WARNING:  column conflict with "stripe_integration" of claude-payments',
        "cannot move to in_progress",  # while the clash is open
        " abandoned",
        "payments applies first, then auth",  # the review
        ">>> registry = IntentRegistry(connection)",
        "\ncompleted",
        "\nmerged",
        "DELETE FROM coord.intent_history;\nERROR:  history is append-only",
        "intent_id | history_id | problem",
        "That took",
    ]
    position = 0
    for text in in_order:
        assert text in shown[position:], f"{text!r} is missing after\n{shown[:position]}"
        position = shown.index(text, position) + len(text)
    with cluster.connect("demo") as connection:
        statuses = connection.execute(
            "SELECT feature_name, status FROM coord.intent ORDER BY 1"
        ).fetchall()
    assert statuses == [
        ("crm_sync", "abandoned"),
        ("oauth2_provider", "registered"),
        ("stripe_integration", "merged"),
    ]
