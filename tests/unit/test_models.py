"""The models: the documents' JSON keys, a lossless round trip, enums that a site may extend."""

from __future__ import annotations

import dataclasses
import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confiture_coord import (
    ConflictReport,
    ConflictSeverity,
    ConflictType,
    Intent,
    IntentStatus,
    IntentStatusChange,
    RiskLevel,
)

# As printed in the coordination guide.
GUIDE_INTENT = {
    "id": "550e8400-e29b-41d4-a716-446655440000",
    "agent_id": "claude-test",
    "feature_name": "user_bio",
    "branch_name": "feature/user_bio_001",
    "schema_changes": ["ALTER TABLE users ADD COLUMN bio TEXT"],
    "tables_affected": ["users"],
    "estimated_duration_ms": 0,
    "risk_level": "low",
    "status": "registered",
    "created_at": "2026-01-22T10:00:00",
    "updated_at": "2026-01-22T10:00:00",
    "conflicts_with": [],
    "metadata": {},
}
GUIDE_CONFLICT = {
    "id": 0,
    "intent_a": "550e8400-e29b-41d4-a716-446655440000",
    "intent_b": "660f9511-f39c-52e5-b827-557766551111",
    "conflict_type": "column",
    "affected_objects": ["users.email_verified"],
    "severity": "warning",
    "resolution_suggestions": [
        "Coordinate column naming with other agent",
        "Consider using different column name or merging changes",
    ],
    "reviewed": False,
    "reviewed_at": None,
    "resolution_notes": "",
    "created_at": "2026-01-22T10:05:00",
}

words = st.text(max_size=20)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(timezones=offsets) | st.datetimes()
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
statuses = st.sampled_from(IntentStatus) | st.sampled_from(["pending_review"]).map(IntentStatus)
conflict_types = st.sampled_from(ConflictType) | st.sampled_from(["materialized view"]).map(
    ConflictType
)
optional = st.none() | words

intents = st.builds(
    Intent,
    id=st.uuids().map(str),
    agent_id=words,
    feature_name=words,
    branch_name=words,
    schema_changes=st.lists(words),
    tables_affected=st.lists(words),
    estimated_duration_ms=st.integers(0, 2**63 - 1),
    risk_level=st.sampled_from(RiskLevel),
    status=statuses,
    created_at=st.none() | instants,
    updated_at=st.none() | instants,
    conflicts_with=st.lists(st.uuids().map(str)),
    metadata=st.dictionaries(words, json_values, max_size=4),
)
conflicts = st.builds(
    ConflictReport,
    id=st.integers(0, 2**63 - 1),
    intent_a=st.none() | st.uuids().map(str),
    intent_b=st.uuids().map(str),
    conflict_type=conflict_types,
    affected_objects=st.lists(words),
    severity=st.sampled_from(ConflictSeverity),
    resolution_suggestions=st.lists(words),
    reviewed=st.booleans(),
    reviewed_at=st.none() | instants,
    resolution_notes=words,
    created_at=st.none() | instants,
    outcome=optional,
    first_side=st.sampled_from([None, "a", "b"]),
    reviewed_by=optional,
    is_open=st.booleans(),
    moot_reason=optional,
    agent_a=optional,
    feature_a=optional,
    agent_b=optional,
    feature_b=optional,
)
changes = st.builds(
    IntentStatusChange,
    id=st.integers(1),
    intent_id=st.uuids().map(str),
    event=words,
    old_status=st.none() | statuses,
    new_status=statuses,
    reason=optional,
    changed_by=words,
    changed_at=instants,
    session_role=optional,
    conflict_id=st.none() | st.integers(1),
    details=st.dictionaries(words, json_values, max_size=4),
)


@given(intents | conflicts | changes)
def test_a_round_trip_loses_nothing(model: Intent | ConflictReport | IntentStatusChange) -> None:
    assert type(model).from_dict(model.to_dict()) == model
    assert type(model).from_json(model.to_json()) == model
    json.dumps(model.to_dict(), allow_nan=False)  # plain JSON all the way down


def test_an_intent_has_exactly_the_keys_of_the_guide_in_their_order() -> None:
    intent = Intent.from_dict(GUIDE_INTENT)
    assert list(intent.to_dict()) == list(GUIDE_INTENT)
    assert intent.to_dict() == GUIDE_INTENT


def test_a_conflict_begins_with_the_keys_of_the_guide() -> None:
    conflict = ConflictReport.from_dict(GUIDE_CONFLICT)
    keys = list(conflict.to_dict())
    # The guide's order is kept but for created_at's neighbours, which are ours.
    assert [key for key in keys if key in GUIDE_CONFLICT] == list(GUIDE_CONFLICT)
    assert {key: conflict.to_dict()[key] for key in GUIDE_CONFLICT} == GUIDE_CONFLICT


def test_a_row_of_the_database_is_read_too() -> None:
    row = GUIDE_INTENT | {
        "schema_changes": '["CREATE TABLE a ()"]',
        "metadata": '{"jira": "PAY-1"}',
        "risk_level": "HIGH",
        "status": "CONFLICTED",
        "created_at": datetime(2026, 1, 22, tzinfo=UTC),
        "unheard_of": 1,
    }
    intent = Intent.from_dict(row)
    assert intent.schema_changes == ["CREATE TABLE a ()"]
    assert intent.metadata == {"jira": "PAY-1"}
    assert intent.risk_level is RiskLevel.HIGH
    assert intent.status is IntentStatus.CONFLICTED
    assert intent.created_at == datetime(2026, 1, 22, tzinfo=UTC)


def test_models_are_frozen_and_hashable() -> None:
    intent = Intent.from_dict(GUIDE_INTENT)
    with pytest.raises(dataclasses.FrozenInstanceError):
        intent.status = IntentStatus.MERGED  # type: ignore[misc]
    assert len({intent, Intent.from_dict(GUIDE_INTENT)}) == 1
    assert dataclasses.replace(intent, status=IntentStatus.MERGED).status == "merged"


def test_what_goes_in_and_out_are_copies() -> None:
    given: dict[str, Any] = GUIDE_INTENT | {"metadata": {"tickets": ["PAY-1"]}}
    intent = Intent.from_dict(given)
    intent.to_dict()["tables_affected"].append("orders")
    intent.to_dict()["metadata"]["tickets"].append("PAY-2")
    given["metadata"]["tickets"].append("PAY-3")
    assert intent.tables_affected == ["users"]
    assert intent.metadata == {"tickets": ["PAY-1"]}


@pytest.mark.parametrize("enum", [IntentStatus, ConflictType, ConflictSeverity, RiskLevel])
def test_members_are_strings_and_found_in_any_case(enum: Any) -> None:
    for member in enum:
        assert enum(member.value.upper()) is member
        assert member == member.value
        assert f"{member}" == member.value
        assert json.dumps(member) == f'"{member.value}"'


def test_the_documents_members_exist() -> None:
    assert [each.value for each in IntentStatus] == [
        "registered",
        "in_progress",
        "completed",
        "merged",
        "abandoned",
        "conflicted",
    ]
    assert {"table", "column", "function", "index", "constraint", "timing"} <= set(ConflictType)
    assert set(ConflictSeverity) == {"warning", "error"}
    assert set(RiskLevel) == {"low", "medium", "high"}


def test_a_word_of_the_site_is_not_refused() -> None:
    status = IntentStatus("Pending_Review")
    assert (status, status.value, status.name) == (
        "pending_review",
        "pending_review",
        "PENDING_REVIEW",
    )
    assert isinstance(status, IntentStatus)
    assert status in {"pending_review"}
    assert status == IntentStatus("pending_review")
    assert status not in list(IntentStatus)
    assert pickle.loads(pickle.dumps(status)) == status
    assert ConflictType("materialized view").name == "MATERIALIZED_VIEW"


@pytest.mark.parametrize("enum", [ConflictSeverity, RiskLevel])
def test_a_closed_enum_refuses_other_words(enum: Any) -> None:
    with pytest.raises(ValueError, match="sideways"):
        enum("sideways")


@pytest.mark.parametrize("value", ["", None, 7])
def test_what_is_no_word_is_no_status(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid IntentStatus"):
        IntentStatus(value)


@pytest.mark.parametrize(("side", "first"), [("a", "A"), ("b", "B"), (None, None)])
def test_first_intent_follows_the_side(side: str | None, first: str | None) -> None:
    conflict = ConflictReport.from_dict(
        GUIDE_CONFLICT | {"intent_a": "A", "intent_b": "B", "first_side": side}
    )
    assert conflict.first_intent == first
