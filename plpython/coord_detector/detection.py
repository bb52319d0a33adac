"""From touches to conflicts as they are stored: the newcomer against each of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .keys import is_opaque
from .model import Conflict, Touch
from .rules import Prepared, compare, prepare
from .suggest import for_agents
from .touch_json import from_json

REMEMBERED_LENGTH = 2_000_000
"""How long the texts of all footprints together are that a session keeps ready for the next time.

A typical one has 200 to 500 characters. What is kept takes some ten times as much memory.
"""

LONGEST_REMEMBERED = 20_000
"""How long the text of one may be to be kept."""


class Side(NamedTuple):
    """A footprint ready to be compared, and what of it nobody can look into."""

    prepared: Prepared
    opaque: tuple[str, ...]
    changes: bool


def side(touches: Sequence[Touch]) -> Side:
    return Side(
        prepare(touches),
        tuple(sorted({touch.name for touch in touches if is_opaque(touch)})),
        any(touch.action != "use" for touch in touches),
    )


class Other(NamedTuple):
    """An active intent that shares a key with the newcomer."""

    intent_no: int
    id: str
    agent_id: str
    feature_name: str
    branch_name: str
    status: str
    version: int
    """Of its footprint; a version never comes twice with another text."""


def between(
    a: Sequence[Touch], b: Sequence[Touch], path: Sequence[str], interrupts: Callable[[], None]
) -> list[dict[str, Any]]:
    """Two scripts, nobody's: the rows of ``coord.compare_changes``, named as seen by the path."""
    return [
        {
            "conflict_type": conflict.type,
            "severity": conflict.severity,
            "outcome": conflict.outcome,
            "affected_objects": conflict.objects,
            "first_side": conflict.first,
            "resolution_suggestions": conflict.suggestions,
        }
        for conflict in compare(prepare(a), prepare(b), path, interrupts)
    ]


def against(
    agent_id: str,
    feature_name: str,
    touches: str,
    path: Sequence[str],
    others: Sequence[Other],
    interrupts: Callable[[], None],
) -> list[dict[str, Any]]:
    """The newcomer, who sees names by its path, against others that are remembered."""
    mine = side(from_json(touches))
    me = label(agent_id, feature_name)
    feature = feature_name.lower()
    rows: list[dict[str, Any]] = []
    for other in others:
        interrupts()
        theirs = _memory.side_of(other.version)
        conflicts = compare(mine.prepared, theirs.prepared, path, interrupts)
        own = other.agent_id == agent_id
        if own:
            # An agent does not conflict with itself; a merge order still has to know this.
            conflicts = [conflict for conflict in conflicts if conflict.outcome == "order"]
        else:
            # What the rules know for certain says more than that anything may happen.
            conflicts = conflicts or opaque_code(mine, theirs)
            if other.feature_name.lower() == feature:
                conflicts.append(same_feature(feature_name))
        for conflict in conflicts:
            rows.append(
                {
                    "intent_id": other.id,
                    "intent_no": other.intent_no,
                    "agent": other.agent_id,
                    "feature_name": other.feature_name,
                    "branch_name": other.branch_name,
                    "status": other.status,
                    "conflict_type": conflict.type,
                    "severity": conflict.severity,
                    "outcome": conflict.outcome,
                    "affected_objects": conflict.objects,
                    "newcomer_first": conflict.first == "a",
                    "rule": conflict.rule,
                    "resolution_suggestions": for_agents(
                        conflict, me, label(other.agent_id, other.feature_name)
                    ),
                    "own": own,
                }
            )
    return rows


def same_feature(feature_name: str) -> Conflict:
    """Two agents who work on a feature of one name probably do the same work twice."""
    return Conflict("timing", "warning", "overlap", (feature_name,), None, "same-feature-name")


def opaque_code(mine: Side, theirs: Side) -> list[Conflict]:
    """Code that is put together at run time may touch whatever the other side changes.

    Between two scripts this would be a guess; between two plans it is a reason to talk.
    """
    found = (*mine.opaque, *theirs.opaque)
    if (mine.opaque and theirs.changes) or (theirs.opaque and mine.changes):
        objects = tuple(dict.fromkeys(found))
        return [Conflict("dependency", "warning", "overlap", objects, None, "opaque-code")]
    return []


def label(agent_id: str, feature_name: str) -> str:
    """How suggestions name one side."""
    return f'"{feature_name}" of {agent_id}'


class Memory:
    """Footprints of others that are ready to be compared, by version."""

    def __init__(self) -> None:
        self._kept: dict[int, Side] = {}
        self._once: dict[int, Side] = {}
        """For the call that is going on, and no longer."""
        self._length = 0

    def __contains__(self, version: int) -> bool:
        return version in self._kept

    def side_of(self, version: int) -> Side:
        return self._kept.get(version) or self._once[version]

    def add(self, version: int, touches: str) -> None:
        ready = side(from_json(touches))
        if len(touches) > LONGEST_REMEMBERED or self._length >= REMEMBERED_LENGTH:
            self._once[version] = ready
        else:
            self._kept[version] = ready
            self._length += len(touches)

    def end_call(self) -> None:
        """Let go what was for one call, and start anew when the memory is full."""
        self._once.clear()
        if self._length >= REMEMBERED_LENGTH:
            self._kept.clear()
            self._length = 0


_memory = Memory()


def not_remembered(others: Sequence[Other]) -> list[int]:
    """Numbers of the intents whose footprints have to be read."""
    return [other.intent_no for other in others if other.version not in _memory]


remember = _memory.add
forget = _memory.end_call
