"""Foreign-data wrappers, servers, user mappings, IMPORT FOREIGN SCHEMA."""

from __future__ import annotations

from ..loader import enums
from .canonical import shortened
from .table import note_table
from .work import Detail, Node, Target, Work, foreign_options, option_values, role_name, strings


def create_wrapper(work: Work, node: Node) -> None:
    options = option_values(node.options)
    words = [f"{option.defname} {work.canonical(option.arg)}" for option in node.func_options or ()]
    words += [f"{name} {value}" for name, value in sorted(options.items())]
    work.add(
        "foreign-data wrapper",
        Target(None, node.fdwname),
        None,
        "create",
        "definition",
        {"definition": shortened(", ".join(words))},
    )
    _functions(work, node)


def alter_wrapper(work: Work, node: Node) -> None:
    target = Target(None, node.fdwname)
    for option in node.func_options or ():
        value = work.canonical(option.arg)
        work.add("foreign-data wrapper", target, None, "alter", option.defname, {"value": value})
    if node.options:
        value_ = foreign_options(node.options)
        work.add("foreign-data wrapper", target, None, "alter", "options", {"value": value_})
    _functions(work, node)


def _functions(work: Work, node: Node) -> None:
    for option in node.func_options or ():
        if option.arg is not None:
            types = "" if option.defname == "handler" else "text[],oid"
            work.routine_use(option.arg, types, by="foreign-data wrapper")


def create_server(work: Work, node: Node) -> None:
    options = option_values(node.options)
    detail: Detail = {
        "definition": shortened(
            f"{node.servertype} {node.version} {node.fdwname} {sorted(options.items())}"
        )
    }
    if node.if_not_exists:
        detail["if_not_exists"] = True
    work.add("server", Target(None, node.servername), None, "create", "definition", detail)
    work.use("foreign-data wrapper", Target(None, node.fdwname), None, {"by": "server"})


def alter_server(work: Work, node: Node) -> None:
    target = Target(None, node.servername)
    if node.has_version:
        work.add("server", target, None, "alter", "version", {"value": node.version})
    if node.options:
        value = foreign_options(node.options)
        work.add("server", target, None, "alter", "options", {"value": value})


def create_user_mapping(work: Work, node: Node) -> None:
    options = option_values(node.options)
    detail: Detail = {"definition": shortened(f"options {sorted(options.items())}")}
    if node.if_not_exists:
        detail["if_not_exists"] = True
    server = Target(None, node.servername)
    work.add("user mapping", server, role_name(node.user), "create", "definition", detail)
    work.use("server", server, None, {"by": "user mapping"})
    work.role_use(node.user, by="user mapping")


def alter_user_mapping(work: Work, node: Node) -> None:
    value = foreign_options(node.options)
    work.add(
        "user mapping",
        Target(None, node.servername),
        role_name(node.user),
        "alter",
        "options",
        {"value": value},
    )


def drop_user_mapping(work: Work, node: Node) -> None:
    detail: Detail = {"if_exists": True} if node.missing_ok else {}
    work.add(
        "user mapping",
        Target(None, node.servername),
        role_name(node.user),
        "drop",
        "definition",
        detail,
    )


_LIMIT = enums.ImportForeignSchemaType.FDW_IMPORT_SCHEMA_LIMIT_TO


def import_schema(work: Work, node: Node) -> None:
    """Which tables come, the foreign server decides, unless they are listed."""
    by: Detail = {"by": "foreign table", "remote_schema": node.remote_schema}
    work.use("server", Target(None, node.server_name), None, by)
    if node.list_type == _LIMIT:
        for relation in node.table_list:
            target = Target(node.local_schema, relation.relname)
            work.add(
                "foreign table",
                target,
                None,
                "create",
                "definition",
                {"server": node.server_name, "remote_schema": node.remote_schema},
            )
            note_table(work, target, "foreign table", complete=False)
        return
    work.add(
        "schema",
        Target(None, node.local_schema),
        None,
        "alter",
        "contents",
        {
            "server": node.server_name,
            "remote_schema": node.remote_schema,
            "except": list(strings(table.relname for table in node.table_list or ())),
            "opaque": True,
        },
    )
