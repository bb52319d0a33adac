"""Both registries offer the same calls, with the keywords that existing code uses."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from confiture_coord import AsyncIntentRegistry, IntentRegistry
from confiture_coord.operation import Operation, Operations

CALLS = [name for name, value in vars(Operations).items() if isinstance(value, Operation)]

# The calls of the coordination guide, the architecture document and the agents' workflows.
DOCUMENTED = {
    "register": "agent_id feature_name schema_changes tables_affected risk_level "
    "estimated_duration_ms metadata",
    "get_intent": "intent_id",
    "list_intents": "status agent_id status_filter agent_filter",
    "mark_in_progress": "intent_id reason changed_by",
    "mark_completed": "intent_id reason changed_by",
    "mark_merged": "intent_id reason changed_by",
    "mark_abandoned": "intent_id reason changed_by",
    "get_conflicts": "intent_id",
    "resolve_conflict": "conflict_id notes resolution_notes severity reviewed_by",
    "check": "agent_id feature_name schema_changes tables_affected",
    "allocate_branch": "feature_name",
    "history": "intent_id",
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_documented_call_takes_its_documented_keywords(name: str) -> None:
    parameters = inspect.signature(getattr(IntentRegistry, name)).parameters
    assert set(DOCUMENTED[name].split()) <= set(parameters)


@pytest.mark.parametrize("registry", [IntentRegistry, AsyncIntentRegistry])
@pytest.mark.parametrize("name", CALLS)
def test_every_call_shows_signature_and_docstring(registry: Any, name: str) -> None:
    method = getattr(registry(connection=None), name)
    assert method.__name__ == name
    assert inspect.getdoc(method)
    assert "self" not in inspect.signature(method).parameters
    assert inspect.signature(method) == inspect.signature(getattr(registry, name))


def test_wrong_arguments_are_a_type_error_before_anything_is_sent() -> None:
    with pytest.raises(TypeError, match="feature_name"):
        IntentRegistry(connection=None).register(agent_id="a")  # type: ignore
