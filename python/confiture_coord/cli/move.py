"""Move an intent to another status, or a conflict out of the way."""

from __future__ import annotations


def move(
    verb: str,
    intent_id: str,
    reason: str | None,
    changed_by: str | None,
    database_url: str | None,
    format: str,
) -> None:
    """Call the registry's ``mark_…`` method, and print what became of the intent."""
    from confiture_coord.cli.database import registry
    from confiture_coord.cli.lookup import intent_id as whole

    with registry(database_url) as coord:
        mark = getattr(coord, verb)
        intent = mark(whole(coord, intent_id), reason, changed_by)
        if format == "json":
            from confiture_coord.cli.answer import print_json

            print_json(
                {
                    "intent_id": intent.id,
                    "feature_name": intent.feature_name,
                    "status": intent.status.value,
                    "reason": coord.history(intent.id)[-1].reason if reason is None else reason,
                }
            )
            return
    from confiture_coord.cli.text import say

    say(f"✓ {intent.feature_name} of {intent.agent_id} is {intent.status.upper()}")
    if reason is not None:
        say(f"  Reason: {reason}")


def resolve(
    conflict_id: int,
    notes: str,
    severity: str | None,
    reviewed_by: str | None,
    database_url: str | None,
    format: str,
) -> None:
    """Mark a conflict reviewed, and print what became of it."""
    from confiture_coord.cli.database import registry

    with registry(database_url) as coord:
        conflict = coord.resolve_conflict(conflict_id, notes, severity, reviewed_by)
    if format == "json":
        from confiture_coord.cli.answer import print_json

        print_json(
            {
                "conflict_id": conflict.id,
                "resolved": conflict.reviewed,
                "resolution_notes": conflict.resolution_notes,
            }
        )
        return
    from confiture_coord.cli.text import conflict_line, say

    say(f"✓ Conflict {conflict.id} is resolved: {conflict_line(conflict)}")
    say(f"  Notes: {conflict.resolution_notes}")
