"""Take over an installation of Confiture's registry, from its tables in the same database."""

from __future__ import annotations

from typing import Any

import psycopg

from confiture_coord.registry import IntentRegistry
from confiture_coord.statements import Steps


def import_registry(
    connection: psycopg.Connection[Any],
    from_schema: str = "public",
    *,
    dry_run: bool = False,
    search_path: str | None = None,
) -> dict[str, Any]:
    """Import intents, conflicts and history; the report of coord.import_registry.

    The tables ``tb_pggit_intent``, ``tb_pggit_conflict`` and ``tb_pggit_intent_history`` are read
    and stay as they are. What was imported before is not imported again. With ``dry_run`` nothing
    is stored, and the report says what would be. Only the owner of the extension may do it, or a
    superuser. As with every call: one transaction, or part of the caller's.
    """
    return IntentRegistry(connection)._run(_import(from_schema, dry_run, search_path))


def _import(from_schema: str, dry_run: bool, search_path: str | None) -> Steps[dict[str, Any]]:
    rows = yield (
        "select coord.import_registry(from_schema => %(schema)s::text, "
        "dry_run => %(dry_run)s::boolean, search_path => %(path)s::text) as report",
        {"schema": from_schema, "dry_run": dry_run, "path": search_path},
    )
    report: dict[str, Any] = rows[0]["report"]
    return report
