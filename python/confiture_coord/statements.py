"""What the registries send: every statement and every signature, once for both of them.

An operation is a generator: it yields a statement with its parameters, is sent the rows, and
returns the result. So it does not know whether the connection is asynchronous. None of them
decides anything; what is allowed and what conflicts is the database's business.

psycopg, and with it the errors, is imported only where needed: the command line looks without.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar
from uuid import UUID

from confiture_coord.models import ConflictReport, Intent, IntentStatusChange, RiskLevel
from confiture_coord.version import fits, wrapper_version

if TYPE_CHECKING:
    from confiture_coord.errors import IntentNotFound

Result = TypeVar("Result")
Steps = Generator[tuple[LiteralString, Mapping[str, Any]], list[dict[str, Any]], Result]

_INTENT: LiteralString = """
    select i.id::text, i.agent_id, i.feature_name, i.branch_name, i.schema_changes,
           i.tables_affected, i.estimated_duration_ms, i.risk_level, i.status,
           i.created_at, i.updated_at, i.metadata,
           array(select case c.intent_a when i.id then c.intent_b else c.intent_a end::text
                 from coord.conflict c
                 where c.is_open and (c.intent_a = i.id or c.intent_b = i.id)
                 group by 1 order by min(c.id)) as conflicts_with
    from coord.intent i """

_CONFLICT: LiteralString = """
    select c.id, c.intent_a::text, c.intent_b::text, c.conflict_type, c.affected_objects,
           c.severity, c.outcome, c.resolution_suggestions, c.reviewed, c.reviewed_at,
           c.reviewed_by, c.resolution_notes, c.created_at, c.is_open, c.moot_reason,
           case c.first_intent when c.intent_a then 'a' when c.intent_b then 'b' end as first_side,
           a.agent_id as agent_a, a.feature_name as feature_a,
           b.agent_id as agent_b, b.feature_name as feature_b
    from coord.conflict c
    join coord.intent a on a.id = c.intent_a
    join coord.intent b on b.id = c.intent_b """

_REGISTER: LiteralString = """
    select intent_id::text from coord.register_intent(
        agent_id => %(agent_id)s::text, feature_name => %(feature_name)s::text,
        schema_changes => %(schema_changes)s{type}, tables_affected => %(tables_affected)s::text[],
        risk_level => %(risk_level)s::text, metadata => %(metadata)s::jsonb,
        estimated_duration_ms => %(estimated_duration_ms)s::bigint,
        refuse_on => %(refuse_on)s::text, search_path => %(search_path)s::text)"""

_CHECK: LiteralString = """
    select 0 as id, null as intent_a, c.intent_id::text as intent_b, c.conflict_type,
           c.affected_objects, c.severity, c.outcome, c.first_side, c.resolution_suggestions,
           %(agent_id)s::text as agent_a, %(feature_name)s::text as feature_a,
           c.agent_id as agent_b, c.feature_name as feature_b, now() as created_at
    from coord.check_intent(
        agent_id => %(agent_id)s::text, feature_name => %(feature_name)s::text,
        schema_changes => %(schema_changes)s{type}, tables_affected => %(tables_affected)s::text[],
        search_path => %(search_path)s::text) c"""

_MARK: LiteralString = (
    "select coord.{verb}(intent_id => %(id)s::uuid, {reason}changed_by => %(by)s)"
)

_RESOLVE: LiteralString = """
    select coord.resolve_conflict(conflict_id => %(id)s::bigint, notes => %(notes)s::text,
        severity => %(severity)s::text, reviewed_by => %(reviewed_by)s::text)"""


def _typed(query: LiteralString, changes: str | Sequence[str]) -> LiteralString:
    """The statement for a script, or for a list of statements."""
    return query.replace("{type}", "::text" if isinstance(changes, str) else "::text[]")


def _sendable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Any sequence as a list: psycopg would send a tuple as a row."""
    return {
        name: list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
        for name, value in values.items()
    }


def _known_id(intent_id: str | UUID) -> str:
    """An id in the form that the database stores; one that is no UUID cannot be there."""
    try:
        return str(UUID(str(intent_id)))
    except ValueError:
        raise _not_found(intent_id) from None


def _not_found(intent_id: str | UUID) -> IntentNotFound:
    from confiture_coord.errors import IntentNotFound

    hint = "List the intents to see their ids; ended ones are among them."
    return IntentNotFound.saying(f"intention not found: {intent_id}", hint=hint)


def require_version() -> Steps[None]:
    """Refuse a database whose objects this wrapper does not know."""
    message, detail, version = "", None, None
    try:
        version = (yield "select coord.version() as version", {})[0]["version"]
    except Exception as error:
        if getattr(error, "sqlstate", None) not in ("42883", "3F000"):  # no function, no schema
            raise
        message = "confiture_coord is not installed in this database"
        detail = getattr(getattr(error, "diag", None), "message_primary", None)
        hint = "Install it as a superuser: confiture-coord install --database-url …"
    if version is not None and not fits(version):
        message = f"this wrapper cannot work with version {version} of confiture_coord"
        detail = f"The wrapper is version {wrapper_version()}."
        hint = (
            "Upgrade the older one: the database with confiture-coord upgrade, or the wrapper "
            "with pip install --upgrade confiture-coord."
        )
    if message:
        from confiture_coord.errors import VersionMismatch

        raise VersionMismatch.saying(message, detail=detail, hint=hint)


def register(
    agent_id: str,
    feature_name: str,
    schema_changes: str | Sequence[str],
    tables_affected: Sequence[str] | None = None,
    risk_level: RiskLevel | str = RiskLevel.LOW,
    estimated_duration_ms: int = 0,
    metadata: Mapping[str, Any] | None = None,
    *,
    refuse_on: str | None = None,
    search_path: str | None = None,
) -> Steps[Intent]:
    """Declare a plan. ``schema_changes``: a list of DDL statements, or one script.

    Conflicts do not stop it: see ``intent.conflicts_with``, ``get_conflicts(intent.id)`` and
    ``last_warnings``. With ``refuse_on="error"`` (or ``"warning"``) they do: BlockingConflict is
    raised from that severity up, with ``conflicts``, and nothing is stored.
    """
    values = _sendable(locals()) | {
        "risk_level": str(risk_level),
        "metadata": json.dumps({} if metadata is None else metadata),
    }
    rows = yield _typed(_REGISTER, schema_changes), values
    return (yield from get_intent(rows[0]["intent_id"]))


def check(
    agent_id: str,
    feature_name: str,
    schema_changes: str | Sequence[str],
    tables_affected: Sequence[str] | None = None,
    *,
    search_path: str | None = None,
) -> Steps[list[ConflictReport]]:
    """The conflicts that registering would find. Writes nothing; works on a standby too."""
    rows = yield _typed(_CHECK, schema_changes), _sendable(locals())
    return [ConflictReport.from_dict(row) for row in rows]


def footprint(
    schema_changes: str | Sequence[str], *, search_path: str | None = None
) -> Steps[list[dict[str, Any]]]:
    """What the changes touch: rows of coord.footprint, which reads no table."""
    query: LiteralString = (
        "select * from coord.footprint(schema_changes => %(schema_changes)s{type}, "
        "search_path => %(search_path)s::text)"
    )
    return (yield _typed(query, schema_changes), _sendable(locals()))


def get_intent(intent_id: str | UUID) -> Steps[Intent]:
    """The intent as it is now, or IntentNotFound."""
    rows = yield _INTENT + "where i.id = %(id)s::uuid", {"id": _known_id(intent_id)}
    if not rows:
        raise _not_found(intent_id)
    return Intent.from_dict(rows[0])


def find_intents(beginning: str) -> Steps[list[Intent]]:
    """The first twenty intents whose id begins with these hexadecimal digits."""
    first, last = (beginning.replace("-", "").ljust(32, digit) for digit in "0f")
    rows = yield (
        _INTENT + "where i.id between %(first)s::uuid and %(last)s::uuid order by i.id limit 20",
        {"first": first, "last": last},
    )
    return [Intent.from_dict(row) for row in rows]


def list_intents(
    status: str | None = None,
    agent_id: str | None = None,
    *,
    status_filter: str | None = None,
    agent_filter: str | None = None,
) -> Steps[list[Intent]]:
    """Intents in the order of their registration; both filters hold when both are given."""
    status = status_filter if status is None else status
    wanted = None if status is None else str(status).lower()
    rows = yield (
        _INTENT + "where (%(status)s::text is null or i.status = %(status)s::text) and "
        "(%(agent)s::text is null or i.agent_id = %(agent)s::text) order by i.intent_no",
        {"status": wanted, "agent": agent_filter if agent_id is None else agent_id},
    )
    if not rows and wanted is not None:
        known = [row["status"] for row in (yield "select status from coord.status order by 1", {})]
        if wanted not in known:
            from confiture_coord.errors import InvalidArgument

            hint = f"Known: {', '.join(known)}."
            raise InvalidArgument.saying(f"there is no status {wanted!r}", hint=hint)
    return [Intent.from_dict(row) for row in rows]


def _mark(
    verb: LiteralString, intent_id: str | UUID, reason: str | None, changed_by: str | None
) -> Steps[Intent]:
    known = _known_id(intent_id)
    # Without a reason the database's own default stands.
    reason_given: LiteralString = "" if reason is None else "reason => %(reason)s::text, "
    query = _MARK.replace("{verb}", verb).replace("{reason}", reason_given)
    yield query, {"id": known, "reason": reason, "by": changed_by}
    return (yield from get_intent(known))


def mark_in_progress(
    intent_id: str | UUID, reason: str | None = None, changed_by: str | None = None
) -> Steps[Intent]:
    """Work begins. BlockingConflict while an error is open; its ``conflicts`` holds them."""
    return _mark("mark_in_progress", intent_id, reason, changed_by)


def mark_completed(
    intent_id: str | UUID, reason: str | None = None, changed_by: str | None = None
) -> Steps[Intent]:
    """Work is done, and waits to be merged."""
    return _mark("mark_completed", intent_id, reason, changed_by)


def mark_merged(
    intent_id: str | UUID, reason: str | None = None, changed_by: str | None = None
) -> Steps[Intent]:
    """It is in the main branch: the end."""
    return _mark("mark_merged", intent_id, reason, changed_by)


def mark_abandoned(
    intent_id: str | UUID, reason: str | None = None, changed_by: str | None = None
) -> Steps[Intent]:
    """It will not be done: the end, and its open conflicts are moot."""
    return _mark("mark_abandoned", intent_id, reason, changed_by)


def get_conflicts(intent_id: str | UUID, *, moot: bool = False) -> Steps[list[ConflictReport]]:
    """Its open and reviewed conflicts, whichever side it is on; ``moot``: also those that ended."""
    rows = yield (
        _CONFLICT + "where c.id in (select of.id from coord.conflicts_of(%(id)s::uuid) of) "
        "and (%(moot)s or c.is_open or c.reviewed) order by c.id",
        {"id": _known_id(intent_id), "moot": moot},
    )
    if not rows:
        yield from get_intent(intent_id)  # none is an answer only if there is such an intent
    return [ConflictReport.from_dict(row) for row in rows]


def list_conflicts(*, closed: bool = False) -> Steps[list[ConflictReport]]:
    """All open conflicts; with ``closed`` all that ever were."""
    rows = yield _CONFLICT + "where %(closed)s or c.is_open order by c.id", {"closed": closed}
    return [ConflictReport.from_dict(row) for row in rows]


def resolve_conflict(
    conflict_id: int,
    notes: str | None = None,
    severity: str | None = None,
    reviewed_by: str | None = None,
    *,
    resolution_notes: str | None = None,
) -> Steps[ConflictReport]:
    """Mark a conflict reviewed, which closes it; ``notes`` say how it was settled."""
    values = {"id": conflict_id, "notes": resolution_notes if notes is None else notes}
    severity = None if severity is None else str(severity)
    yield _RESOLVE, values | {"severity": severity, "reviewed_by": reviewed_by}
    rows = yield _CONFLICT + "where c.id = %(id)s::bigint", values
    return ConflictReport.from_dict(rows[0])


def allocate_branch(feature_name: str) -> Steps[str]:
    """Reserve a branch name as a registration does."""
    rows = yield "select coord.allocate_branch(%(name)s::text) as name", {"name": feature_name}
    return str(rows[0]["name"])


def history(intent_id: str | UUID) -> Steps[list[IntentStatusChange]]:
    """Everything that happened to the intent, oldest first."""
    rows = yield (
        "select h.id, h.intent_id::text, h.event, h.old_status, h.new_status, h.reason, "
        "h.changed_by, h.changed_at, h.session_role, h.conflict_id, h.details "
        "from coord.intent_history h where h.intent_id = %(id)s::uuid order by h.intent_row",
        {"id": _known_id(intent_id)},
    )
    if not rows:  # every intent has a first row
        raise _not_found(intent_id)
    return [IntentStatusChange.from_dict(row) for row in rows]


def merge_order(intent_ids: Sequence[str | UUID] | None = None) -> Steps[list[dict[str, Any]]]:
    """Rows of coord.merge_order: the active intents, or these, in an order that works."""
    known = None if intent_ids is None else [_known_id(each) for each in intent_ids]
    return (
        yield (
            "select m.place, m.intent_id::text, m.agent_id, m.feature_name, m.branch_name, "
            "m.status, m.after::text[], m.cycle, m.problem "
            "from coord.merge_order(intent_ids => %(ids)s::uuid[]) m order by m.place",
            {"ids": known},
        )
    )
