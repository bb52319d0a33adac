"""Whether ALTER COLUMN TYPE makes a column something else, or more of the same."""

from __future__ import annotations

from ..model import Touch

_ALIKE: dict[str, str] = {
    **dict.fromkeys(
        ("text", "character varying", "varchar", "character", "bpchar", "name"), "text"
    ),
    **dict.fromkeys(
        ("smallint", "integer", "bigint", "numeric", "real", "double precision"), "number"
    ),
    **dict.fromkeys(
        (
            "date",
            "timestamp",
            "timestamp without time zone",
            "timestamp with time zone",
            "timestamptz",
        ),
        "time",
    ),
}
"""Types that are compared with the same constants, and with each other."""


def changes_class(touch: Touch) -> bool:
    """Whether constants that fitted the column need not fit it any more.

    USING is given where the server knows no cast that it would take by itself.
    """
    detail = touch.detail
    if "unchanged" in detail:
        return False
    if "was_enum" in detail:
        return True
    if "using" not in detail:
        return False
    was = detail.get("was")
    return was is None or _class_of(was) != _class_of(detail.get("value"))


def with_labels(touches: list[Touch]) -> list[Touch]:
    """Say of columns that become an enum of the same script which values they take from then on."""
    labels = {
        f"{touch.schema}.{touch.name}": touch.detail["labels"]
        for touch in touches
        if touch.action == "create" and "labels" in touch.detail
    }
    if not labels:
        return touches
    return [
        touch._replace(detail={**touch.detail, "demands": [[touch.sub, "in", labels[value]]]})
        if touch.action == "alter"
        and touch.facet == "type"
        and (value := str(touch.detail.get("value"))) in labels
        else touch
        for touch in touches
    ]


def _class_of(name: object) -> str:
    text = str(name)
    bare = text.partition("(")[0].strip()
    return _ALIKE.get(bare, text)
