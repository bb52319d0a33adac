"""Objects that belong to the whole server: roles, databases, tablespaces, settings."""

from __future__ import annotations

from ..names import setting_values
from .work import Detail, Node, Target, Work, option_values, role_name


def create_role(work: Work, node: Node) -> None:
    options = sorted(option.defname for option in node.options or ())
    kind = str(node.stmt_type.name).removeprefix("ROLESTMT_").lower()
    detail: Detail = {"definition": f"{kind} {' '.join(options)}"}
    work.add("role", Target(None, node.role), None, "create", "definition", detail)


def alter_role(work: Work, node: Node) -> None:
    names = [option.defname for option in node.options or ()]
    if names == ["rolemembers"]:
        for member in node.options[0].arg:
            action: str = "membership"
            work.add(
                "role",
                Target(None, role_name(node.role)),
                None,
                "alter",
                action,
                {"value": node.action == 1, "grantee": [role_name(member)]},
            )
        return
    # Passwords are options: their values are nobody's business.
    work.add(
        "role", Target(None, role_name(node.role)), None, "alter", "options", {"value": list(names)}
    )


def alter_role_set(work: Work, node: Node) -> None:
    name = role_name(node.role) if node.role is not None else "all"
    work.add("role", Target(None, name), None, "alter", "configuration", _setting(node.setstmt))


def _setting(node: Node) -> Detail:
    values = setting_values(node)
    return {"value": {node.name or "all": None if values is None else list(values)}}


def drop_role(work: Work, node: Node) -> None:
    detail: Detail = {"if_exists": True} if node.missing_ok else {}
    for role in node.roles:
        work.add("role", Target(None, role_name(role)), None, "drop", "definition", detail)


def grant_role(work: Work, node: Node) -> None:
    for privilege in node.granted_roles:
        grantees = [role_name(role) for role in node.grantee_roles]
        work.add(
            "role",
            Target(None, privilege.priv_name),
            None,
            "alter",
            "membership",
            {"value": bool(node.is_grant), "grantee": list(grantees)},
        )


def owned(work: Work, node: Node) -> None:
    """DROP OWNED and REASSIGN OWNED: whatever belongs to a role, only the catalog knows."""
    drops = node.__class__.__name__ == "DropOwnedStmt"
    for role in node.roles:
        detail: Detail = {"opaque": True, "value": None if drops else role_name(node.newrole)}
        work.add("role", Target(None, role_name(role)), None, "alter", "contents", detail)


def create_database(work: Work, node: Node) -> None:
    value = sorted(option_values(node.options).items(), key=str)
    detail: Detail = {"definition": f"database {value}"}
    work.add("database", Target(None, node.dbname), None, "create", "definition", detail)


def alter_database(work: Work, node: Node) -> None:
    target = Target(None, node.dbname)
    setting = getattr(node, "setstmt", None)
    if setting is not None:
        work.add("database", target, None, "alter", "configuration", _setting(setting))
    elif hasattr(node, "options"):
        value = option_values(node.options)
        work.add("database", target, None, "alter", "options", {"value": value})
    else:
        work.add("database", target, None, "alter", "version", {"value": "refresh"})


def drop_database(work: Work, node: Node) -> None:
    detail: Detail = {"if_exists": True} if node.missing_ok else {}
    work.add("database", Target(None, node.dbname), None, "drop", "definition", detail)


def create_tablespace(work: Work, node: Node) -> None:
    detail: Detail = {"definition": f"tablespace {node.location}"}
    target = Target(None, node.tablespacename)
    work.add("tablespace", target, None, "create", "definition", detail)


def alter_tablespace(work: Work, node: Node) -> None:
    value = sorted(option.defname for option in node.options or ())
    work.add(
        "tablespace",
        Target(None, node.tablespacename),
        None,
        "alter",
        "options",
        {"value": list(value), "reset": bool(node.isReset)},
    )


def drop_tablespace(work: Work, node: Node) -> None:
    detail: Detail = {"if_exists": True} if node.missing_ok else {}
    target = Target(None, node.tablespacename)
    work.add("tablespace", target, None, "drop", "definition", detail)


def alter_system(work: Work, node: Node) -> None:
    """A setting of the whole server; no object of a schema, but two such changes collide."""
    name = node.setstmt.name or "all"
    work.add("setting", Target(None, name), None, "alter", "value", _setting(node.setstmt))
