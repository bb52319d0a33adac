"""What the registries send: every statement and every signature, once for both of them.

An operation is a generator: it yields a statement with its parameters, is sent the rows, and
returns the result. So it does not know whether the connection is asynchronous. None of them
decides anything; what is allowed and what conflicts is the database's business.

psycopg, and with it the errors, is imported only where needed: the command line looks without.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString, TypeVar
from uuid import UUID

from confiture_coord.models import ConflictReport, Intent, IntentStatusChange, RiskLevel
from confiture_coord.version import fits, wrapper_version

Result = TypeVar("Result")
Rows = list[dict[str, Any]]
Steps = Generator[tuple[LiteralString, Mapping[str, Any]], Rows, Result]
Changes = str | Sequence[str]
Id = str | UUID

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

# A row's columns, its id as text like everywhere; of two of one name the later counts.
_WITH_ID: LiteralString = "f.*, f.intent_id::text"

# The arguments of the database's functions, by type.
_ARGUMENTS: dict[LiteralString, LiteralString] = {
    "bigint": "conflict_id estimated_duration_ms ignore_rule_id",
    "boolean": "use_catalog",
    "interval": "older_than",
    "jsonb": "metadata",
    "name": "role",
    "text": "agent_id feature_name risk_level refuse_on search_path reason changed_by new_status "
    "notes severity reviewed_by conflict_type object_name rule expected_digest",
    "text[]": "tables_affected schema_changes changes_a changes_b",
    "timestamptz": "expires_at",
    "uuid": "intent_id",
    "uuid[]": "intent_ids",
}
_TYPES = {name: type_ for type_, names in _ARGUMENTS.items() for name in names.split()}
_SCRIPTS: tuple[LiteralString, ...] = ("schema_changes", "changes_a", "changes_b")


def _call(
    function: LiteralString, given: Mapping[str, Any], columns: LiteralString = "*"
) -> Steps[Rows]:
    """The rows of a function of the schema, called by name with the arguments that are given."""
    types = _TYPES | {name: "text" for name in _SCRIPTS if isinstance(given.get(name), str)}
    sent = ", ".join(f"{name} => %({name})s::{types[name]}" for name in types if name in given)
    values = {  # any sequence as a list: psycopg would send a tuple as a row
        name: list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
        for name, value in given.items()
    }
    return (yield f"select {columns} from coord.{function}({sent}) f", values)


def _known_id(intent_id: Id) -> str:
    """An id in the form that the database stores; one that is no UUID cannot be there."""
    try:
        return str(UUID(str(intent_id)))
    except ValueError:
        raise _not_found(intent_id) from None


def _not_found(intent_id: Id) -> Exception:
    hint = "List the intents to see their ids; ended ones are among them."
    return _error("IntentNotFound", f"intention not found: {intent_id}", hint=hint)


def _error(name: str, message: str, *, hint: str, detail: str | None = None) -> Exception:
    from confiture_coord import errors

    error: Exception = getattr(errors, name).saying(message, hint=hint, detail=detail)
    return error


def require_version() -> Steps[None]:
    """Refuse a database whose objects this wrapper does not know."""
    # In two steps: a call of a function that is not there would spoil the caller's transaction.
    there = "select to_regprocedure('coord.version()') is not null as installed"
    if not (yield there, {})[0]["installed"]:
        raise _error(
            "VersionMismatch",
            "confiture_coord is not installed in this database",
            hint="Install it as a superuser: confiture-coord install --database-url …",
        )
    version = (yield "select coord.version() as version", {})[0]["version"]
    if not fits(version):
        raise _error(
            "VersionMismatch",
            f"this wrapper cannot work with version {version} of confiture_coord",
            detail=f"The wrapper is version {wrapper_version()}.",
            hint="Upgrade the older one: the database with confiture-coord upgrade, or the wrapper "
            "with pip install --upgrade confiture-coord.",
        )


def register(
    agent_id: str,
    feature_name: str,
    schema_changes: Changes,
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
    given = locals() | {"metadata": json.dumps({} if metadata is None else metadata)}
    rows = yield from _call("register_intent", given)
    return (yield from get_intent(rows[0]["intent_id"]))


def amend(
    intent_id: Id,
    schema_changes: Changes,
    tables_affected: Sequence[str] | None = None,
    reason: str | None = None,
    changed_by: str | None = None,
    *,
    search_path: str | None = None,
) -> Steps[Intent]:
    """Replace the plan of an active intent; conflicts follow. No tables: the named ones stay."""
    yield from _call("amend_intent", locals() | {"intent_id": _known_id(intent_id)})
    return (yield from get_intent(intent_id))


def check(
    agent_id: str,
    feature_name: str,
    schema_changes: Changes,
    tables_affected: Sequence[str] | None = None,
    *,
    search_path: str | None = None,
) -> Steps[list[ConflictReport]]:
    """The conflicts that registering would find. Writes nothing; works on a standby too."""
    rows = yield from _call("check_intent", locals(), "f.*, now() as created_at")
    mine = {"agent_a": agent_id, "feature_a": feature_name}
    return [ConflictReport.refused(row | mine) for row in rows]


def compare(
    changes_a: Changes,
    changes_b: Changes,
    *,
    search_path: str | None = None,
    use_catalog: bool = True,
) -> Steps[Rows]:
    """Would these two conflict? Rows of coord.compare_changes; nothing is stored."""
    return _call("compare_changes", locals())


def footprint(schema_changes: Changes, *, search_path: str | None = None) -> Steps[Rows]:
    """What the changes touch: rows of coord.footprint, which reads no table."""
    return _call("footprint", locals())


def get_intent(intent_id: Id) -> Steps[Intent]:
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
            hint = f"Known: {', '.join(known)}."
            raise _error("InvalidArgument", f"there is no status {wanted!r}", hint=hint)
    return [Intent.from_dict(row) for row in rows]


def _moved(function: LiteralString, given: Mapping[str, Any]) -> Steps[Intent]:
    """What became of the intent. Without a reason the database's own default stands."""
    known = {name: value for name, value in given.items() if value is not None}
    yield from _call(function, known | {"intent_id": _known_id(given["intent_id"])})
    return (yield from get_intent(given["intent_id"]))


def mark_in_progress(
    intent_id: Id, reason: str | None = None, changed_by: str | None = None
) -> Steps[Intent]:
    """Work begins. BlockingConflict while an error is open; its ``conflicts`` holds them."""
    return _moved("mark_in_progress", locals())


def mark_completed(
    intent_id: Id, reason: str | None = None, changed_by: str | None = None
) -> Steps[Intent]:
    """Work is done, and waits to be merged."""
    return _moved("mark_completed", locals())


def mark_merged(
    intent_id: Id, reason: str | None = None, changed_by: str | None = None
) -> Steps[Intent]:
    """It is in the main branch: the end."""
    return _moved("mark_merged", locals())


def mark_abandoned(
    intent_id: Id, reason: str | None = None, changed_by: str | None = None
) -> Steps[Intent]:
    """It will not be done: the end, and its open conflicts are moot."""
    return _moved("mark_abandoned", locals())


def move(
    intent_id: Id, new_status: str, reason: str | None = None, changed_by: str | None = None
) -> Steps[Intent]:
    """To any status that the transitions allow, one that the site added for instance."""
    return _moved("move_intent", locals())


def recheck(intent_id: Id, changed_by: str | None = None) -> Steps[Intent]:
    """Detect again, against what is active and in the catalog now."""
    return _moved("recheck", locals())


def heartbeat(intent_id: Id) -> Steps[datetime]:
    """Say that somebody still works on it; when that was."""
    rows = yield from _call("heartbeat", {"intent_id": _known_id(intent_id)}, "f as at")
    at: datetime = rows[0]["at"]
    return at


def stale_intents(older_than: timedelta | None = None) -> Steps[Rows]:
    """Active intents that nobody moved or kept alive: rows of coord.stale_intents."""
    return _call("stale_intents", {} if older_than is None else locals(), _WITH_ID)


def abandon_stale(older_than: timedelta, reason: str) -> Steps[Rows]:
    """Abandon those that nobody moved or kept alive for so long. For reviewers."""
    return _call("abandon_stale", locals(), _WITH_ID)


def get_conflicts(intent_id: Id, *, moot: bool = False) -> Steps[list[ConflictReport]]:
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
    notes = resolution_notes if notes is None else notes
    yield from _call("resolve_conflict", locals())
    rows = yield _CONFLICT + "where c.id = %(id)s::bigint", {"id": conflict_id}
    return ConflictReport.from_dict(rows[0])


def ignore(
    reason: str,
    conflict_type: str | None = None,
    object_name: str | None = None,
    rule: str | None = None,
    agent_id: str | None = None,
    expires_at: datetime | None = None,
) -> Steps[int]:
    """Silence future conflicts that match all of this; the number of the rule. For reviewers."""
    return int((yield from _call("ignore", locals(), "f as id"))[0]["id"])


def unignore(ignore_rule_id: int) -> Steps[None]:
    """Let such a rule expire now. For reviewers."""
    yield from _call("unignore", locals())


def allocate_branch(feature_name: str) -> Steps[str]:
    """Reserve a branch name as a registration does."""
    return str((yield from _call("allocate_branch", locals(), "f as name"))[0]["name"])


def bind_agent(agent_id: str, role: str | None) -> Steps[None]:
    """Let only that database role act for the agent; None lets everybody. For reviewers."""
    yield from _call("bind_agent", locals())


def history(intent_id: Id) -> Steps[list[IntentStatusChange]]:
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


def history_digest() -> Steps[str]:
    """A token over all history so far, to be kept where nobody here can change it."""
    return str((yield from _call("history_digest", {}, "f as digest"))[0]["digest"])


def verify_history(expected_digest: str | None = None) -> Steps[Rows]:
    """What is wrong with the history: rows of coord.verify_history, none when it is intact."""
    return _call("verify_history", locals(), _WITH_ID)


def merge_order(intent_ids: Sequence[Id] | None = None) -> Steps[Rows]:
    """Rows of coord.merge_order: the active intents, or these, in an order that works."""
    known = None if intent_ids is None else [_known_id(each) for each in intent_ids]
    return _call("merge_order", {"intent_ids": known}, "f.*, f.intent_id::text, f.after::text[]")
