"""What the registry hands out: intents, conflicts and history rows.

Every model is a frozen dataclass with a lossless round trip through ``to_dict``/``from_dict`` and
``to_json``/``from_json``. The keys are those of the JSON that the command line prints.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


class _AnyCase(StrEnum):
    """Members are found in any case: ``RiskLevel("HIGH") is RiskLevel.HIGH``."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        folded = value.lower() if isinstance(value, str) else None
        return next((member for member in cls if member.value == folded), None)


class _Open(_AnyCase):
    """Also takes words that the database knows and this release does not.

    A site may add statuses, and conflicts of rarer objects carry PostgreSQL's own word (``view``,
    ``policy`` …). Such a word becomes a member in all but the list of members: it has ``value``
    and ``name``, and equals the plain string.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        known = super()._missing_(value)
        if known is not None or not isinstance(value, str) or not value:
            return known
        word = str.__new__(cls, value.lower())
        word._value_, word._name_ = value.lower(), value.upper().replace(" ", "_")
        return word

    def __reduce_ex__(self, protocol: object) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.value,)  # by value: not every word has a name in the class


class IntentStatus(_Open):
    """The lifecycle of an intent; a site may add its own statuses.

    >>> IntentStatus("IN_PROGRESS") is IntentStatus.IN_PROGRESS
    True
    >>> IntentStatus("pending_review").value
    'pending_review'
    """

    REGISTERED = "registered"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    MERGED = "merged"
    ABANDONED = "abandoned"
    CONFLICTED = "conflicted"


class ConflictType(_Open):
    """The kind of object that two intents clash on; rarer kinds use PostgreSQL's own word."""

    TABLE = "table"
    COLUMN = "column"
    FUNCTION = "function"
    INDEX = "index"
    CONSTRAINT = "constraint"
    TIMING = "timing"
    DEPENDENCY = "dependency"


class ConflictSeverity(_AnyCase):
    """``error`` must be settled before work starts; ``warning`` is worth a look.

    >>> ConflictSeverity("ERROR") == "error"
    True
    """

    WARNING = "warning"
    ERROR = "error"


class RiskLevel(_AnyCase):
    """How risky its author thinks that a change is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


# How to read a field from JSON, from a row of the database, or from a value that is right already.
_READERS = {
    "str": str,
    "datetime": lambda value: datetime.fromisoformat(value) if isinstance(value, str) else value,
    "list[str]": lambda value: (
        json.loads(value) if isinstance(value, str) else deepcopy(list(value))
    ),
    "dict[str, Any]": lambda value: (
        json.loads(value) if isinstance(value, str) else deepcopy(dict(value))
    ),
    **{each.__name__: each for each in (IntentStatus, ConflictType, ConflictSeverity, RiskLevel)},
}


@dataclass(frozen=True)
class _Model:
    """The conversions, driven by what each field is declared to hold."""

    def to_dict(self) -> dict[str, Any]:
        """The fields under their JSON keys, holding nothing that ``json.dumps`` cannot write."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        for name, value in values.items():
            if isinstance(value, datetime):
                values[name] = value.isoformat()
            elif isinstance(value, StrEnum):
                values[name] = value.value
            elif isinstance(value, (list, dict)):
                values[name] = deepcopy(value)
        return values

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of ``to_dict``; a row of the database does too. Other keys are ignored."""
        values = {item.name: data[item.name] for item in fields(cls) if item.name in data}
        for item in fields(cls):
            read = _READERS.get(str(item.type).removesuffix(" | None"))
            if read is not None and values.get(item.name) is not None:
                values[item.name] = read(values[item.name])
        return cls(**values)

    def to_json(self) -> str:
        """``to_dict`` as one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse of ``to_json``."""
        return cls.from_dict(json.loads(text))

    def __hash__(self) -> int:
        return hash((type(self), vars(self)["id"]))  # the lists inside have no hash


@dataclass(frozen=True)
class Intent(_Model):
    """A declared plan to run DDL. ``conflicts_with``: the intents it has open conflicts with.

    >>> sample = Intent.from_dict({
    ...     "id": "550e8400-e29b-41d4-a716-446655440000", "agent_id": "claude-test",
    ...     "feature_name": "user_bio", "branch_name": "feature/user_bio_001",
    ...     "schema_changes": ["ALTER TABLE users ADD COLUMN bio TEXT"],
    ...     "tables_affected": ["users"], "risk_level": "LOW", "status": "registered",
    ...     "created_at": "2026-01-22T10:00:00+00:00", "updated_at": "2026-01-22T10:00:00+00:00"})
    >>> sample.risk_level.value, sample.created_at.year, sample.conflicts_with
    ('low', 2026, [])
    >>> Intent.from_json(sample.to_json()) == sample
    True
    """

    id: str
    agent_id: str
    feature_name: str
    branch_name: str
    schema_changes: list[str]
    tables_affected: list[str] = field(default_factory=list)
    estimated_duration_ms: int = 0
    risk_level: RiskLevel = RiskLevel.LOW
    status: IntentStatus = IntentStatus.REGISTERED
    created_at: datetime | None = None
    updated_at: datetime | None = None
    conflicts_with: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)

    __hash__ = _Model.__hash__


@dataclass(frozen=True)
class ConflictReport(_Model):
    """A clash between two intents: ``intent_a`` is the newcomer, ``intent_b`` was there before.

    What ``check`` would report is not stored: its ``id`` is 0 and its ``intent_a`` None.
    ``first_side`` (``a`` or ``b``) is the one to apply first where the ``outcome`` is ``order``.
    A conflict is open until it is reviewed or, as ``moot_reason`` then says, ceases to matter.
    """

    id: int
    intent_a: str | None
    intent_b: str
    conflict_type: ConflictType
    affected_objects: list[str]
    severity: ConflictSeverity
    resolution_suggestions: list[str] = field(default_factory=list)
    reviewed: bool = False
    reviewed_at: datetime | None = None
    resolution_notes: str = ""
    created_at: datetime | None = None
    outcome: str | None = None
    first_side: str | None = None
    reviewed_by: str | None = None
    is_open: bool = True
    moot_reason: str | None = None
    agent_a: str | None = None
    feature_a: str | None = None
    agent_b: str | None = None
    feature_b: str | None = None

    __hash__ = _Model.__hash__

    @property
    def first_intent(self) -> str | None:
        """The id of the intent to apply first, where it has one."""
        return {"a": self.intent_a, "b": self.intent_b}.get(self.first_side or "")

    @classmethod
    def refused(cls, sent: Mapping[str, Any]) -> Self:
        """What an error carries: a stored conflict, or one that would have been."""
        first = sent.get("first_intent")
        return cls.from_dict(
            {
                "id": 0,
                "intent_a": None,
                "intent_b": sent.get("intent_id"),
                "agent_b": sent.get("agent_id"),
                "feature_b": sent.get("feature_name"),
                "first_side": first and ("a" if first == sent.get("intent_a") else "b"),
                **sent,
            }
        )


@dataclass(frozen=True)
class IntentStatusChange(_Model):
    """One row of an intent's history: a change of status, a review, an amendment."""

    id: int
    intent_id: str
    event: str
    old_status: IntentStatus | None
    new_status: IntentStatus
    reason: str | None
    changed_by: str
    changed_at: datetime
    session_role: str | None = None
    conflict_id: int | None = None
    details: dict[str, Any] = field(default_factory=dict)

    __hash__ = _Model.__hash__
