"""Rules that look at more than one object: schemas and what is in them, equal indexes."""

from __future__ import annotations

from ..identity import Key, container, key_of
from ..model import Side, Touch
from . import belongings, dynamic, labels, privileges, publications, references
from .dependents import is_looked_up
from .effects import Prepared
from .guards import skips
from .verdict import OTHER, Report, Verdict
from .volume import compared


def compare(a: Prepared, b: Prepared, report: Report) -> None:
    if a.indexes and b.indexes:
        _equal_indexes(a, b, report)
    if a.references and b.keys:
        references.compare(a, b, "b", report)
    if b.references and a.keys:
        references.compare(b, a, "a", report)
    if a.whole_schemas:
        _schema_and_inside(a, b, "a", report)
    if b.whole_schemas:
        _schema_and_inside(b, a, "b", report)
    if a.estates or a.extensions:
        belongings.compare(a, b, "a", report)
    if b.estates or b.extensions:
        belongings.compare(b, a, "b", report)
    if a.at_run_time:
        dynamic.compare(a, b, "a", report)
    if b.at_run_time:
        dynamic.compare(b, a, "b", report)
    if a.lists and b.unlisted:
        publications.taken_out(a, b, "b", report)
    if b.lists and a.unlisted:
        publications.taken_out(b, a, "a", report)
    if a.labels:
        labels.written(a.labels, b, "b", report)
    if b.labels:
        labels.written(b.labels, a, "a", report)
    if a.whole_schemas or a.defaults:
        privileges.compare(a, b, report)
    if b.whole_schemas or b.defaults:
        privileges.compare(b, a, report)


def _equal_indexes(a: Prepared, b: Prepared, report: Report) -> None:
    for definition in a.indexes.keys() & b.indexes.keys():
        made_a, made_b = a.indexes[definition], b.indexes[definition]
        one, two = key_of(made_a), key_of(made_b)
        if one != two:
            table = made_a.detail.get("table")
            covers = (container(one),)
            if isinstance(table, dict):
                covers = (Key("relation", _text(table.get("schema")), str(table.get("name"))),)
            report(
                Verdict(
                    "same-index-other-name",
                    "index",
                    "duplicate",
                    "warning",
                    None,
                    (one, two),
                    covers,
                )
            )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


# -------------------------------------------------------------------- schemas


def _schema_and_inside(whole: Prepared, other: Prepared, side: Side, report: Report) -> None:
    for touch in compared(whole.whole_schemas, other.touches, report):
        inside = other.schemas.get(touch.name)
        if not inside:
            continue
        if touch.action == "drop":
            _drop_and_inside(touch, inside, side, report)
        elif touch.action == "create" and not any(
            one.name == touch.name and one.action == "create" for one in other.whole_schemas
        ):
            _create_and_inside(touch, inside, side, report)


def _drop_and_inside(gone: Touch, inside: list[Touch], side: Side, report: Report) -> None:
    needing = [touch for touch in inside if touch.action != "use" or is_looked_up(touch)]
    # What runs, triggers and calls, needs the names in the bodies; what is there follows.
    needing = [
        touch for touch in needing if touch.detail.get("via") != "catalog" or touch.facet == "data"
    ]
    if not needing:
        return
    key = key_of(gone)
    renamed = gone.facet == "name"
    if not renamed and not gone.detail.get("cascade"):
        lasting = [
            touch
            for touch in needing
            if touch.action == "create" and not touch.detail.get("implied")
        ]
        if lasting:
            report(
                Verdict(
                    "schema-not-empty",
                    "schema",
                    "clash",
                    "error",
                    None,
                    (key, key_of(lasting[0])),
                )
            )
            return
    skipping = all(map(skips, needing))
    if skipping:
        if renamed:
            report(Verdict("skipped-if-absent", "schema", "clash", "error", None, (key,)))
        return
    rule = "inside-before-schema-renamed" if renamed else "inside-before-schema-dropped"
    report(Verdict(rule, "schema", "order", "error", OTHER[side], (key,)))


def _create_and_inside(made: Touch, inside: list[Touch], side: Side, report: Report) -> None:
    if made.detail.get("exists"):
        return
    if made.facet == "name" or any(
        touch.action != "use" or is_looked_up(touch) for touch in inside
    ):
        report(
            Verdict("create-before-use", "dependency", "order", "warning", side, (key_of(made),))
        )
