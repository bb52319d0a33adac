"""GRANT, REVOKE, ALTER DEFAULT PRIVILEGES."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..loader import ast, enums
from ..model import Json
from .objects import Address, address, column_kind
from .work import Detail, Node, Target, Work, role_name

_O = enums.ObjectType
_T = enums.GrantTargetType


def grant(work: Work, node: Node) -> None:
    if node.targtype == _T.ACL_TARGET_DEFAULTS:
        return
    detail = _detail(node)
    for role in node.grantees or ():
        work.role_use(role)
    if node.targtype == _T.ACL_TARGET_ALL_IN_SCHEMA:
        _on_all_in_schema(work, node, detail)
        return
    whole = [
        privilege.priv_name or "all" for privilege in node.privileges or () if not privilege.cols
    ]
    by_column = [privilege for privilege in node.privileges or () if privilege.cols]
    for object_ in node.objects:
        what = _granted(work, node.objtype, object_)
        if whole or not node.privileges:
            work.add(
                what.kind,
                what.target,
                what.sub,
                "alter",
                "privileges",
                {**detail, "privileges": _texts(whole or ["all"])},
            )
        for column, privileges in _columns(by_column).items():
            work.add(
                column_kind(work, what.target, "table"),
                what.target,
                column,
                "alter",
                "privileges",
                {**detail, "privileges": _texts(privileges)},
            )


def _texts(words: Sequence[str]) -> list[Json]:
    return list(words)


def _detail(node: Node) -> Detail:
    detail: Detail = {
        "is_grant": bool(node.is_grant),
        "grantee": [role_name(role) for role in node.grantees or ()],
    }
    if node.grant_option:
        detail["grant_option"] = True
    if node.behavior == enums.DropBehavior.DROP_CASCADE:
        detail["cascade"] = True
    return detail


def _columns(privileges: Iterable[Node]) -> dict[str, list[str]]:
    result: dict[str, list[str]] = {}
    for privilege in privileges:
        for column in privilege.cols:
            result.setdefault(column.sval, []).append(privilege.priv_name or "all")
    return result


def _granted(work: Work, kind: enums.ObjectType, node: Node) -> Address:
    if node.__class__ is ast.RangeVar:
        return address(work, kind, None, node)
    return address(work, kind, node)


_PLURALS = {
    _O.OBJECT_TABLE: "tables",
    _O.OBJECT_SEQUENCE: "sequences",
    _O.OBJECT_FUNCTION: "functions",
    _O.OBJECT_PROCEDURE: "procedures",
    _O.OBJECT_ROUTINE: "routines",
    _O.OBJECT_TYPE: "types",
    _O.OBJECT_SCHEMA: "schemas",
    _O.OBJECT_LARGEOBJECT: "large objects",
}

_KINDS_IN_SCHEMA = {
    "tables": ("table", "view", "materialized view", "foreign table"),
    "sequences": ("sequence",),
    "functions": ("function", "aggregate"),
    "procedures": ("procedure",),
    "routines": ("function", "aggregate", "procedure"),
}


def _on_all_in_schema(work: Work, node: Node, detail: Detail) -> None:
    """Which objects that are, only the catalog knows: the schema stands for them."""
    words = [privilege.priv_name for privilege in node.privileges or ()] or ["all"]
    what = _PLURALS.get(node.objtype, "objects")
    for schema in node.objects:
        name = schema.sval
        work.add(
            "schema",
            Target(None, name),
            None,
            "alter",
            f"privileges of {what}",
            {**detail, "privileges": _texts(words), "all_in_schema": True},
        )
        kinds = _KINDS_IN_SCHEMA.get(what, ())
        implied: Detail = {**detail, "privileges": _texts(words), "implied": True}
        for kind, target in _made_in(work, name):
            if kind in kinds:
                work.add(kind, target, None, "alter", "privileges", implied)


def _made_in(work: Work, schema: str) -> Iterator[tuple[str, Target]]:
    """The relations and routines that the script itself made in a schema."""
    work.look_at(len(work.scope.tables) + len(work.routines))
    for place, table in work.scope.tables.items():
        if place[0] == schema:
            yield table.kind, Target(*place)
    for (kind, where, _), signatures in work.routines.items():
        if where == schema:
            for signature in signatures:
                yield kind, Target(schema, signature)


def default_privileges(work: Work, node: Node) -> None:
    schemas: list[str | None] = []
    roles: list[Node] = []
    for option in node.options or ():
        if option.defname == "schemas":
            schemas += [schema.sval for schema in option.arg]
        elif option.defname == "roles":
            roles += option.arg
    action = node.action
    what = _PLURALS.get(action.objtype, "objects")
    words = [privilege.priv_name for privilege in action.privileges or ()] or ["all"]
    detail: Detail = {**_detail(action), "privileges": _texts(words)}
    for role in (*roles, *(action.grantees or ())):
        work.role_use(role)
    owners: list[str | None] = [role_name(role) for role in roles]
    for schema in schemas or [None]:
        for owner in owners or [None]:
            work.add(
                "default acl",
                Target(schema, f"on {what}"),
                owner,
                "alter",
                "privileges",
                detail,
            )
