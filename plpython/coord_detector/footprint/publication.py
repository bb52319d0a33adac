"""Logical replication: publications and subscriptions."""

from __future__ import annotations

from ..loader import enums
from ..model import Action, Json
from .canonical import full_text, shortened
from .work import Detail, Node, Target, Work, option_values, strings

_KIND = enums.PublicationObjSpecType
_ACTION = enums.AlterPublicationAction


def create_publication(work: Work, node: Node) -> None:
    target = Target(None, node.pubname)
    options = option_values(node.options)
    words = ["all tables"] if node.for_all_tables else []
    words += [_object_text(work, one) for one in node.pubobjects or ()]
    detail: Detail = {
        "definition": shortened(f"{', '.join(sorted(words))} {sorted(options.items(), key=str)}")
    }
    if node.for_all_tables:
        detail["all_tables"] = True
    work.add("publication", target, None, "create", "definition", detail)
    work.scope.publications[node.pubname] = {}
    for one in node.pubobjects or ():
        _member(work, node.pubname, one, "create", {})


def alter_publication(work: Work, node: Node) -> None:
    target = Target(None, node.pubname)
    if node.options:
        work.add(
            "publication", target, None, "alter", "options", {"value": option_values(node.options)}
        )
    if not node.pubobjects:
        return
    sets = node.action == _ACTION.AP_SetObjects
    if sets:
        # What is not in the list is taken out, and only the catalog knows what that is.
        value: list[Json] = [*sorted(_object_text(work, one) for one in node.pubobjects)]
        work.add("publication", target, None, "alter", "tables", {"value": value})
        _leave(work, node)
        work.scope.publications.setdefault(node.pubname, {})
    else:
        work.use("publication", target, None, {"by": "publication relation"})
    action: Action = "drop" if node.action == _ACTION.AP_DropObjects else "create"
    # Once the script has said what is in it, ADD finds nothing that others put in.
    replaces = action == "create" and node.pubname in work.scope.publications
    for one in node.pubobjects:
        _member(work, node.pubname, one, action, {"or_replace": True} if replaces else {})


def _leave(work: Work, node: Node) -> None:
    """SET takes out what the script put in, and the list does not name."""
    known = work.scope.publications.get(node.pubname)
    if known is None:
        return
    named = {
        work.relation(one.pubtable.relation).options[0]
        for one in node.pubobjects
        if one.pubobjtype == _KIND.PUBLICATIONOBJ_TABLE
    }
    for place in [place for place in known if place not in named]:
        detail: Detail = {"implied": True}
        relation = Target(*place)
        work.add("publication relation", relation, node.pubname, "drop", "definition", detail)
        del known[place]


def publication_dropped(work: Work, name: str) -> None:
    """No table is in it any more."""
    for place in work.scope.publications.pop(name, {}):
        detail: Detail = {"implied": True}
        work.add("publication relation", Target(*place), name, "drop", "definition", detail)


def publication_renamed(work: Work, old: str, new: str) -> None:
    """Its tables are in it under its new name."""
    known = work.scope.publications.pop(old, None)
    if known is None:
        return
    work.scope.publications[new] = known
    for place in known:
        detail: Detail = {"implied": True}
        kind, relation = "publication relation", Target(*place)
        work.add(kind, relation, old, "drop", "name", {**detail, "renamed_to": new})
        work.add(kind, relation, new, "create", "name", {**detail, "renamed_from": old})


def _object_text(work: Work, one: Node) -> str:
    if one.pubobjtype == _KIND.PUBLICATIONOBJ_TABLE:
        text = "table " + work.relation(one.pubtable.relation).text()
        if one.pubtable.columns:
            text += f" ({', '.join(strings(one.pubtable.columns))})"
        if one.pubtable.whereClause is not None:
            text += f" where {full_text(one.pubtable.whereClause, work.scope)}"
        return text
    if one.pubobjtype == _KIND.PUBLICATIONOBJ_TABLES_IN_SCHEMA:
        return f"schema {one.name}"
    return "schema " + str(_current(work))


def _current(work: Work) -> str | None:
    return work.scope.search_path[0] if work.scope.search_path else None


def _member(work: Work, publication: str, one: Node, action: Action, extra: Detail) -> None:
    if one.pubobjtype != _KIND.PUBLICATIONOBJ_TABLE:
        schema = (
            one.name if one.pubobjtype == _KIND.PUBLICATIONOBJ_TABLES_IN_SCHEMA else _current(work)
        )
        namespace = Target(None, str(schema))
        work.add("publication namespace", namespace, publication, action, "definition", extra)
        work.use("schema", namespace, None, {"by": "publication"})
        return
    relation = work.relation(one.pubtable.relation)
    text = _object_text(work, one)
    known = work.scope.publications.get(publication)
    if known is not None:
        place = relation.options[0]
        if action == "create" and known.get(place) == text:
            work.use("publication", Target(None, publication), None, {"by": "publication relation"})
            return
        known.pop(place, None)
        if action == "create":
            known[place] = text
    detail: Detail = {"definition": shortened(text), **extra}
    work.add("publication relation", relation, publication, action, "definition", detail)
    if action == "create":
        by: Detail = {"by": "publication"}
        heirs: Detail = {"heirs": True} if one.pubtable.relation.inh else {}
        work.use("table", relation, None, {**by, **heirs})
        for column in strings(one.pubtable.columns or ()):
            work.use("table column", relation, column, by)
        work.expression(one.pubtable.whereClause, relation, False, **by)


def create_subscription(work: Work, node: Node) -> None:
    options = option_values(node.options)
    publications: list[Json] = list(strings(node.publication))
    work.add(
        "subscription",
        Target(None, node.subname),
        None,
        "create",
        "definition",
        {"publications": publications, "options": options},
    )


def alter_subscription(work: Work, node: Node) -> None:
    words = {
        "OPTIONS": "options",
        "CONNECTION": "connection",
        "SET_PUBLICATION": "publications",
        "ADD_PUBLICATION": "publications",
        "DROP_PUBLICATION": "publications",
        "REFRESH": "tables",
        "REFRESH_PUBLICATION": "tables",
        "ENABLED": "enabled",
        "SKIP": "skip",
    }
    kind = str(node.kind.name).removeprefix("ALTER_SUBSCRIPTION_")
    detail: Detail = {}
    if node.publication:
        detail["value"] = list(strings(node.publication))
        detail["change"] = kind.partition("_")[0].lower()
    elif node.options:
        detail["value"] = option_values(node.options)
    work.add(
        "subscription",
        Target(None, node.subname),
        None,
        "alter",
        words.get(kind, kind.lower()),
        detail,
    )


def drop_subscription(work: Work, node: Node) -> None:
    detail: Detail = {"if_exists": True} if node.missing_ok else {}
    work.add("subscription", Target(None, node.subname), None, "drop", "definition", detail)
