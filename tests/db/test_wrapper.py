"""IntentRegistry against a real server: calls, results, errors."""

from __future__ import annotations

import io
import logging
from contextlib import redirect_stdout
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import namedtuple_row

from confiture_coord import (
    BlockingConflict,
    ConflictNotFound,
    ConflictSeverity,
    ConflictType,
    CoordError,
    HistoryIsAppendOnly,
    Intent,
    IntentNotFound,
    IntentRegistry,
    IntentStatus,
    InvalidArgument,
    InvalidTransition,
    RiskLevel,
    VersionMismatch,
)

ADD_STRIPE = "ALTER TABLE users ADD COLUMN stripe_customer_id TEXT"
UNKNOWN = UUID("00000000-0000-4000-8000-000000000000")
ADD_OAUTH = "ALTER TABLE users ADD COLUMN oauth_provider_id TEXT"


@pytest.fixture
def registry(conn: psycopg.Connection[Any]) -> IntentRegistry:
    return IntentRegistry(conn)


def payments(registry: IntentRegistry, changes: Any = (ADD_STRIPE,), **more: Any) -> Intent:
    return registry.register("claude-payments", "stripe_integration", changes, **more)


def auth(registry: IntentRegistry, changes: Any = (ADD_OAUTH,), **more: Any) -> Intent:
    return registry.register("claude-auth", "oauth2_provider", changes, **more)


# -- registering -------------------------------------------------------------------------------


def test_register_returns_the_intent_as_it_is_stored(registry: IntentRegistry) -> None:
    before = datetime.now(UTC)
    intent = registry.register(
        agent_id="claude-payments",
        feature_name="stripe_integration",
        schema_changes=[ADD_STRIPE],
        tables_affected=["users", "invoices"],
        risk_level=RiskLevel.MEDIUM,
        estimated_duration_ms=10_800_000_000,
        metadata={"jira": "PAY-123", "größe": [1, None]},
    )
    assert intent == registry.get_intent(intent.id)
    assert str(UUID(intent.id)) == intent.id
    assert intent.agent_id == "claude-payments"
    assert intent.feature_name == "stripe_integration"
    assert intent.branch_name == "feature/stripe_integration_001"
    assert intent.schema_changes == [ADD_STRIPE]
    assert set(intent.tables_affected) == {"users", "invoices"}
    assert intent.risk_level is RiskLevel.MEDIUM
    assert intent.status is IntentStatus.REGISTERED
    assert intent.estimated_duration_ms == 10_800_000_000
    assert intent.metadata == {"jira": "PAY-123", "größe": [1, None]}
    assert intent.conflicts_with == []
    assert intent.created_at is not None
    assert intent.created_at.utcoffset() is not None
    assert before < intent.created_at <= datetime.now(UTC)


@pytest.mark.parametrize(
    "changes",
    [
        [ADD_STRIPE, ADD_OAUTH],
        (ADD_STRIPE, ADD_OAUTH),
        [f"{ADD_STRIPE}; {ADD_OAUTH}"],
        f"{ADD_STRIPE};\n{ADD_OAUTH};\n",
        f"{{{ADD_STRIPE},{ADD_OAUTH}}}",
    ],
    ids=["list", "tuple", "one element", "script", "array literal"],
)
def test_changes_come_as_a_list_or_as_a_script(registry: IntentRegistry, changes: Any) -> None:
    assert payments(registry, changes).schema_changes == [ADD_STRIPE, ADD_OAUTH]


@pytest.mark.parametrize("changes", [[], "", "  ", None, [""], [None]])
def test_no_changes_are_an_argument_error(registry: IntentRegistry, changes: Any) -> None:
    with pytest.raises(InvalidArgument) as caught:
        registry.register("a", "f", changes)
    assert caught.value.hint
    assert registry.list_intents() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"agent_id": ""},
        {"agent_id": None},
        {"feature_name": "  "},
        {"risk_level": "gigantic"},
        {"estimated_duration_ms": -1},
        {"estimated_duration_ms": 2**70},
        {"metadata": [1]},
        {"tables_affected": "users"},
        {"refuse_on": "sometimes"},
        {"schema_changes": ["ALTER TABEL users"]},
    ],
    ids=str,
)
def test_a_bad_argument_is_a_value_error_with_a_hint(
    registry: IntentRegistry, wrong: dict[str, Any]
) -> None:
    good = {"agent_id": "a", "feature_name": "f", "schema_changes": [ADD_STRIPE]}
    with pytest.raises(InvalidArgument) as caught:
        registry.register(**(good | wrong))
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, psycopg.DatabaseError)
    assert isinstance(caught.value.__cause__, psycopg.Error)
    assert caught.value.code in InvalidArgument.CODES
    assert caught.value.message
    assert registry.list_intents() == []


def test_ddl_that_does_not_parse_says_where(registry: IntentRegistry) -> None:
    with pytest.raises(InvalidArgument) as caught:
        payments(registry, ["CREATE TABLE a ()", "ALTER TABEL users"])
    assert caught.value.code == "42601"
    assert caught.value.detail is not None
    assert "^" in caught.value.detail
    assert caught.value.hint


# -- conflicts ---------------------------------------------------------------------------------


def test_the_two_agents_of_the_guide(registry: IntentRegistry) -> None:
    first, second = payments(registry), auth(registry)
    assert first.status is IntentStatus.REGISTERED
    assert second.status is IntentStatus.CONFLICTED
    assert second.conflicts_with == [first.id]
    assert registry.get_intent(first.id).conflicts_with == [second.id]

    [conflict] = registry.get_conflicts(second.id)
    assert registry.get_conflicts(first.id) == [conflict]
    assert conflict.conflict_type is ConflictType.TABLE
    assert conflict.severity is ConflictSeverity.WARNING
    assert conflict.affected_objects == ["users"]
    assert (conflict.intent_a, conflict.intent_b) == (second.id, first.id)
    assert (conflict.agent_a, conflict.agent_b) == ("claude-auth", "claude-payments")
    assert (conflict.outcome, conflict.is_open, conflict.reviewed) == ("overlap", True, False)
    assert any("claude-payments" in each for each in conflict.resolution_suggestions)

    reviewed = registry.resolve_conflict(
        conflict.id, resolution_notes="Payments applies first, then Auth", reviewed_by="claude-auth"
    )
    assert reviewed.reviewed
    assert not reviewed.is_open
    assert reviewed.reviewed_at is not None
    assert reviewed.reviewed_by == "claude-auth"
    assert reviewed.resolution_notes == "Payments applies first, then Auth"
    assert registry.get_conflicts(second.id) == [reviewed]
    assert registry.list_conflicts() == []
    assert registry.list_conflicts(closed=True) == [reviewed]
    assert registry.get_intent(second.id).status is IntentStatus.REGISTERED
    assert registry.get_intent(second.id).conflicts_with == []


def test_check_tells_the_same_and_stores_nothing(registry: IntentRegistry) -> None:
    first = payments(registry)
    [conflict] = registry.check("claude-auth", "oauth2_provider", [ADD_OAUTH])
    assert (conflict.id, conflict.intent_a, conflict.intent_b) == (0, None, first.id)
    assert (conflict.agent_b, conflict.feature_b) == ("claude-payments", "stripe_integration")
    assert conflict.affected_objects == ["users"]
    assert len(registry.list_intents()) == 1
    assert registry.list_conflicts(closed=True) == []
    assert registry.check("claude-payments", "more", [ADD_OAUTH]) == []
    assert registry.check("c", "f", "CREATE TABLE elsewhere ()", ["users"])[0].severity == "warning"


def test_severity_may_be_adjusted_when_resolving(registry: IntentRegistry) -> None:
    payments(registry)
    [conflict] = registry.get_conflicts(auth(registry).id)
    after = registry.resolve_conflict(conflict.id, "looked", ConflictSeverity.ERROR)
    assert after.severity is ConflictSeverity.ERROR


def test_a_moot_conflict_does_not_keep_a_pipeline_from_merging(registry: IntentRegistry) -> None:
    first, second = payments(registry), auth(registry)
    registry.mark_abandoned(first.id, "no longer wanted")
    assert [each for each in registry.get_conflicts(second.id) if not each.reviewed] == []
    [moot] = registry.get_conflicts(second.id, moot=True)
    assert not moot.is_open
    assert moot.moot_reason


def test_refuse_on_stores_nothing_and_says_what_is_in_the_way(registry: IntentRegistry) -> None:
    first = payments(registry)
    with pytest.raises(BlockingConflict) as caught:
        auth(registry, refuse_on="warning")
    [conflict] = caught.value.conflicts
    assert (conflict.id, conflict.intent_b) == (0, first.id)
    assert conflict.agent_b == "claude-payments"
    assert conflict.affected_objects == ["users"]
    assert caught.value.code == "IC004"
    assert caught.value.hint
    assert registry.list_intents() == [first]
    assert auth(registry, refuse_on="error").conflicts_with == [first.id]


@pytest.mark.parametrize("in_transaction", [False, True])
def test_an_open_error_blocks_the_start_and_is_carried_along(
    conn: psycopg.Connection[Any], registry: IntentRegistry, in_transaction: bool
) -> None:
    payments(registry)
    second = auth(registry, [ADD_STRIPE.replace("TEXT", "INT")])
    if in_transaction:
        conn.execute("BEGIN")
    with pytest.raises(BlockingConflict) as caught:
        registry.mark_in_progress(second.id)
    if in_transaction:
        conn.execute("ROLLBACK")
    [blocking] = caught.value.conflicts
    [stored] = [each for each in registry.get_conflicts(second.id) if each.severity == "error"]
    assert (blocking.id, blocking.intent_a, blocking.intent_b) == (
        stored.id,
        stored.intent_a,
        stored.intent_b,
    )
    registry.resolve_conflict(blocking.id, "we use the text column")
    assert registry.mark_in_progress(second.id).status is IntentStatus.IN_PROGRESS


# -- lifecycle ---------------------------------------------------------------------------------


def test_the_lifecycle_and_its_history(registry: IntentRegistry) -> None:
    intent = payments(registry)
    assert registry.mark_in_progress(intent.id).status is IntentStatus.IN_PROGRESS
    assert registry.mark_completed(intent.id, reason="tested").status is IntentStatus.COMPLETED
    merged = registry.mark_merged(UUID(intent.id), changed_by="release-manager")
    assert merged.status is IntentStatus.MERGED

    history = registry.history(intent.id)
    assert [each.new_status for each in history] == [
        "registered",
        "in_progress",
        "completed",
        "merged",
    ]
    assert history[0].old_status is None
    assert history[0].event == "registered"
    assert history[2].reason == "tested"
    assert history[3].changed_by == "release-manager"
    assert all(each.session_role for each in history)
    assert all(each.intent_id == intent.id for each in history)
    assert [each.id for each in history] == sorted(each.id for each in history)


def test_an_illegal_move_is_a_value_error(registry: IntentRegistry) -> None:
    intent = payments(registry)
    with pytest.raises(InvalidTransition) as caught:
        registry.mark_merged(intent.id)
    assert isinstance(caught.value, ValueError)
    assert "in_progress" in str(caught.value.hint)
    registry.mark_abandoned(intent.id, "changed our minds")
    with pytest.raises(InvalidTransition):
        registry.mark_in_progress(intent.id)
    assert registry.history(intent.id)[-1].reason == "changed our minds"


@pytest.mark.parametrize("unknown", [UNKNOWN, str(UNKNOWN), "int_abc123", ""], ids=repr)
@pytest.mark.parametrize(
    "call",
    [
        "get_intent",
        "mark_in_progress",
        "mark_completed",
        "mark_merged",
        "mark_abandoned",
        "get_conflicts",
        "history",
    ],
)
def test_an_unknown_id_is_intent_not_found(
    registry: IntentRegistry, call: str, unknown: Any
) -> None:
    with pytest.raises(IntentNotFound) as caught:
        getattr(registry, call)(unknown)
    assert isinstance(caught.value, ValueError)
    assert caught.value.code == "IC001"
    assert caught.value.hint


def test_an_unknown_conflict_is_conflict_not_found(registry: IntentRegistry) -> None:
    with pytest.raises(ConflictNotFound) as caught:
        registry.resolve_conflict(42, "whatever")
    assert isinstance(caught.value, ValueError)


# -- looking -----------------------------------------------------------------------------------


def test_list_filters_in_both_spellings(registry: IntentRegistry) -> None:
    first = payments(registry)
    second = auth(registry, ["CREATE TABLE oauth_token ()"])
    third = registry.mark_in_progress(
        registry.register("claude-auth", "sessions", ["CREATE TABLE session ()"]).id
    )
    ids = lambda intents: [each.id for each in intents]  # noqa: E731
    assert ids(registry.list_intents()) == [first.id, second.id, third.id]
    assert ids(registry.list_intents(IntentStatus.IN_PROGRESS)) == [third.id]
    assert ids(registry.list_intents(status="REGISTERED")) == [first.id, second.id]
    assert ids(registry.list_intents(status_filter=IntentStatus.REGISTERED)) == [
        first.id,
        second.id,
    ]
    assert ids(registry.list_intents(agent_id="claude-auth")) == [second.id, third.id]
    assert ids(registry.list_intents(status_filter="registered", agent_filter="claude-auth")) == [
        second.id
    ]
    assert registry.list_intents(status="merged") == []
    assert ids(registry.find_intents(second.id[:8])) == [second.id]


def test_a_status_that_does_not_exist_is_not_an_empty_list(registry: IntentRegistry) -> None:
    with pytest.raises(InvalidArgument, match="in_progres") as caught:
        registry.list_intents(status="in_progres")
    assert "in_progress" in str(caught.value.hint)


def test_a_status_of_the_site_works(
    conn: psycopg.Connection[Any], registry: IntentRegistry
) -> None:
    conn.execute("INSERT INTO coord.status VALUES ('pending_review', true)")
    conn.execute("INSERT INTO coord.status_transition VALUES ('registered', 'pending_review')")
    assert registry.list_intents(status="pending_review") == []
    intent = payments(registry)
    conn.execute("UPDATE coord.intent SET status = 'pending_review'")
    [found] = registry.list_intents(status="pending_review")
    assert found.id == intent.id
    assert found.status.value == "pending_review"
    assert registry.history(intent.id)[-1].new_status == "pending_review"
    assert Intent.from_json(found.to_json()) == found


def test_a_branch_is_never_given_twice(registry: IntentRegistry) -> None:
    names = [registry.allocate_branch("x"), registry.allocate_branch("x")]
    names.append(registry.register("a", "x", ["CREATE TABLE t ()"]).branch_name)
    assert names == ["feature/x_001", "feature/x_002", "feature/x_003"]


def test_the_footprint_of_changes(registry: IntentRegistry) -> None:
    rows = registry.footprint([ADD_STRIPE])
    assert [(row["object_kind"], row["object_name"], row["sub_name"]) for row in rows] == [
        ("table column", "users", "stripe_customer_id")
    ]


# -- warnings, versions, other people's connections ----------------------------------------------


def test_server_warnings_are_kept_and_logged_and_never_printed(
    conn: psycopg.Connection[Any], registry: IntentRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    out = io.StringIO()
    with redirect_stdout(out), caplog.at_level(logging.WARNING, "confiture_coord"):
        payments(registry)
        assert registry.last_warnings == []
        auth(registry)
    [warning] = registry.last_warnings
    assert "claude-payments" in warning.message
    assert "stripe_integration" in warning.message
    assert "users" in warning.message
    assert warning.hint
    assert warning.message in caplog.text
    assert out.getvalue() == ""
    registry.list_intents()
    assert registry.last_warnings == []
    assert conn._notice_handlers == []


def test_handlers_are_removed_after_an_error_too(
    conn: psycopg.Connection[Any], registry: IntentRegistry
) -> None:
    with pytest.raises(IntentNotFound):
        registry.mark_merged(UNKNOWN)
    assert conn._notice_handlers == []


def test_without_the_extension_the_error_says_how_to_install_it(plain_dsn: str) -> None:
    with (
        psycopg.connect(plain_dsn, autocommit=True) as connection,
        pytest.raises(VersionMismatch, match="not installed") as caught,
    ):
        IntentRegistry(connection).list_intents()
    assert caught.value.code == "IC007"
    assert "confiture-coord install" in str(caught.value.hint)


@pytest.mark.parametrize("version", ["0.0.9", "999.0.0"])
def test_another_series_of_the_extension_is_refused(
    conn: psycopg.Connection[Any], registry: IntentRegistry, version: str
) -> None:
    conn.execute(
        f"CREATE OR REPLACE FUNCTION coord.version() RETURNS text LANGUAGE sql RETURN '{version}'"
    )
    with pytest.raises(VersionMismatch, match=version) as caught:
        payments(registry)
    assert isinstance(caught.value, CoordError)
    assert "upgrade" in str(caught.value.hint).lower()


def test_the_connection_may_be_set_up_in_any_way(conn: psycopg.Connection[Any]) -> None:
    conn.row_factory = namedtuple_row
    conn.cursor_factory = psycopg.ClientCursor
    conn.execute("SET datestyle = 'German'; SET timezone = 'Asia/Kathmandu'")
    conn.execute("SET intervalstyle = 'sql_standard'; SET extra_float_digits = 0")
    registry = IntentRegistry(conn)
    intent = payments(registry, metadata={"%s": "100 %"})
    assert intent.metadata == {"%s": "100 %"}
    assert intent.created_at is not None
    assert abs(intent.created_at - datetime.now(UTC)).total_seconds() < 600
    assert registry.get_intent(intent.id) == intent


def test_a_subclass_may_extend_a_call(conn: psycopg.Connection[Any]) -> None:
    heard: list[str] = []

    class Webhook(IntentRegistry):
        def register(self, *args: Any, **kwargs: Any) -> Intent:  # type: ignore[override]
            intent = super().register(*args, **kwargs)
            heard.append(intent.id)
            return intent

    intent = payments(Webhook(conn))
    assert heard == [intent.id]


def test_psycopg_raises_the_classes_wherever_the_error_comes_from(
    conn: psycopg.Connection[Any], registry: IntentRegistry
) -> None:
    payments(registry)
    second = auth(registry, [ADD_STRIPE.replace("TEXT", "INT")])
    with pytest.raises(HistoryIsAppendOnly) as caught:
        conn.execute("DELETE FROM coord.intent_history")
    assert caught.value.hint
    with pytest.raises(BlockingConflict) as blocked:
        conn.execute("SELECT coord.mark_in_progress(%s)", (second.id,))
    assert [each.intent_a for each in blocked.value.conflicts] == [second.id]
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        conn.execute("SELECT coord.register_intent('a', 'f', 'SELECT 1', risk_level => 'x')")
