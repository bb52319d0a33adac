"""Extensions: what is inside them, the text does not tell."""

from __future__ import annotations

from .objects import address
from .work import Detail, Node, Target, Work, option_values


def create_extension(work: Work, node: Node) -> None:
    options = option_values(node.options)
    detail: Detail = {"definition": f"extension {sorted(options.items(), key=str)}"}
    if node.if_not_exists:
        detail["if_not_exists"] = True
    for given, key in (("schema", "schema"), ("new_version", "version"), ("cascade", "cascade")):
        if given in options:
            detail[key] = options[given]
    schema = options.get("schema")
    path = work.scope.search_path
    detail["into"] = schema if isinstance(schema, str) else path[0] if path else None
    work.add("extension", Target(None, node.extname), None, "create", "definition", detail)
    if isinstance(schema, str):
        work.use("schema", Target(None, schema), None, {"by": "extension"})


def alter_extension(work: Work, node: Node) -> None:
    version = option_values(node.options).get("new_version")
    work.add("extension", Target(None, node.extname), None, "alter", "version", {"value": version})


def alter_contents(work: Work, node: Node) -> None:
    """ALTER EXTENSION … ADD or DROP an object: the object belongs to it, or no longer does."""
    what = address(work, node.objtype, node.object)
    adds = node.action == 1
    detail: Detail = {"value": adds, "extension": node.extname}
    work.add(what.kind, what.target, what.sub, "alter", "extension", detail)
    work.add(
        "extension",
        Target(None, node.extname),
        None,
        "alter",
        "contents",
        {"value": adds, "object": f"{what.kind} {what.target.text()}"},
    )
