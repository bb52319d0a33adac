"""Names that the text leaves open: which of the candidates the catalog has.

The touches of one name as a statement writes it are one group, and mean one place: the first
schema of the path that has such an object. What a statement makes beside it (an index, the new
name of a table) goes there, too. The touches of a bare column are a group as well, but one of
alternatives: those tables that have it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..identity import MEMBERS, RELATION, ROUTINE, family_of
from ..model import Touch
from ..names import quoted
from .facts import BaseNames, Facts, Name

_ALTERNATIVES = ("depth", "guessed", "by_columns")
"""Details of candidates each of which stands for itself."""

_PLACES = ("table", "references", "parent")
"""Details that name another relation."""


def resolve(touches: Sequence[Touch], facts: Facts) -> list[Touch]:
    """Keep of each set of candidates the one that exists; complete bare names of routines."""
    groups: dict[object, list[int]] = {}
    for index, touch in enumerate(touches):
        group = touch.detail.get("candidate")
        if group is not None:
            groups.setdefault(group, []).append(index)
    if not groups:
        return [_with_signature(touch, facts) for touch in touches]
    names = BaseNames()
    there: set[int] = set()
    standing: set[int] = set()
    for index, touch in enumerate(touches):
        names.follow(touch)
        if "candidate" not in touch.detail:
            continue
        if _is_there(touch, facts, names):
            there.add(index)
        if _relation_is_there(touch, facts, names):
            standing.add(index)
    settled: dict[int, Touch | None] = {}
    moves = _Moves()
    for indexes in groups.values():
        ones = [touches[index] for index in indexes]
        if any(word in one.detail for one in ones for word in _ALTERNATIVES):
            kept = _alternatives(touches, indexes, there, standing)
        else:
            kept = _one_place(touches, indexes, there, standing)
        if kept is None:
            continue
        chosen, certain = kept
        for index in indexes:
            touch = touches[index]
            if index not in chosen:
                settled[index] = None
            elif certain:
                settled[index] = _certain(touch)
        if certain:
            moves.note(ones, touches[min(chosen)])
    result: list[Touch] = []
    for index, touch in enumerate(touches):
        left = settled.get(index, touch)
        if left is not None:
            result.append(_with_signature(moves.apply(left), facts))
    return result


Kept = tuple[set[int], bool]
"""Which of a group stay, and whether it is certain that they are what is meant."""


def _one_place(
    touches: Sequence[Touch], indexes: Sequence[int], there: set[int], standing: set[int]
) -> Kept | None:
    """All that the group says of the first schema of the path that has the object."""
    for index in indexes:
        touch = touches[index]
        family = family_of(touch.kind)
        if index in (standing if family in MEMBERS else there) and (
            touch.action != "create" or family in MEMBERS
        ):
            return {one for one in indexes if touches[one].schema == touch.schema}, True
    return None


def _alternatives(
    touches: Sequence[Touch], indexes: Sequence[int], there: set[int], standing: set[int]
) -> Kept | None:
    found = [index for index in indexes if index in there]
    if not found:
        # A column that the script itself adds: whose tables are there at all.
        found = [index for index in indexes if index in standing]
        if not found or any("guessed" in touches[index].detail for index in indexes):
            return None
        kept = set(_nearest(touches, found))
        return kept, len({touches[one].name for one in indexes}) == 1
    return set(_nearest(touches, found)), True


def _nearest(touches: Sequence[Touch], found: Sequence[int]) -> list[int]:
    """The innermost query's, and of one name the first of the path."""
    least = min(_depth(touches[index]) for index in found)
    chosen = [index for index in found if _depth(touches[index]) == least]
    schemas: dict[str, str | None] = {}
    for index in chosen:
        schemas.setdefault(touches[index].name, touches[index].schema)
    if touches[chosen[0]].kind not in ("table column", "view column"):
        first = touches[chosen[0]]
        return [index for index in chosen if touches[index][2:4] == first[2:4]]
    return [index for index in chosen if schemas[touches[index].name] == touches[index].schema]


class _Moves:
    """Names that the text puts into the first schema of the path, and that are in another."""

    def __init__(self) -> None:
        self._made: dict[Name, str] = {}
        self._named: dict[tuple[int, str, str], str] = {}
        self._types: dict[int, dict[str, str]] = {}

    def note(self, ones: Sequence[Touch], chosen: Touch) -> None:
        """Take note of what the first candidate was, and is not."""
        first = ones[0].schema
        if first is None or chosen.schema is None or first == chosen.schema:
            return
        for touch in ones:
            if touch.schema != first or family_of(touch.kind) != RELATION:
                continue
            self._named[(touch.statement_no, first, touch.name)] = chosen.schema
            written = self._types.setdefault(touch.statement_no, {})
            written[_type(first, touch.name)] = _type(chosen.schema, touch.name)
            if touch.action == "create":
                self._made[(first, touch.name)] = chosen.schema

    def apply(self, touch: Touch) -> Touch:
        """The touch under the names that are meant."""
        number, detail, name = touch.statement_no, touch.detail, touch.name
        for word in _PLACES:
            place = detail.get(word)
            if isinstance(place, dict):
                meant = self._place(number, str(place.get("schema")), str(place.get("name")))
                if meant is not None:
                    detail = {**detail, word: {**place, "schema": meant}}
        if "(" in name and number in self._types:
            name = _with_types(name, self._types[number])
        schema = touch.schema
        if schema is not None and "candidate" not in detail and family_of(touch.kind) != ROUTINE:
            if touch.action == "create" and touch.sub is None:
                self._create(schema, touch, detail is not touch.detail)
            schema = self._made.get((schema, name), schema)
        if detail is touch.detail and name == touch.name and schema == touch.schema:
            return touch
        return touch._replace(schema=schema, name=name, detail=detail)

    def _place(self, number: int, schema: str, name: str) -> str | None:
        return self._named.get((number, schema, name)) or self._made.get((schema, name))

    def _create(self, schema: str, touch: Touch, elsewhere: bool) -> None:
        """What is made of something that is elsewhere is there, too: an index, a new name."""
        former = self._made.get((schema, str(touch.detail.get("renamed_from"))))
        table = touch.detail.get("table")
        if elsewhere and touch.kind == "index" and isinstance(table, dict):
            former = self._place(touch.statement_no, schema, str(table.get("name")))
        if former is not None:
            self._made[(schema, touch.name)] = former
        elif touch.facet == "definition":
            self._made.pop((schema, touch.name), None)


def _type(schema: str, name: str) -> str:
    return f"{quoted(schema)}.{quoted(name)}"


def _with_types(name: str, written: Mapping[str, str]) -> str:
    """A routine, an operator or a cast with the types that its arguments have."""
    head, parenthesis, rest = name.partition("(")
    types, closing, after = rest.rpartition(")")
    separator = " AS " if " AS " in types else ","
    meant = []
    for one in types.split(separator):
        element = one.removesuffix("[]")
        meant.append(written.get(element, element) + one[len(element) :])
    return head + parenthesis + separator.join(meant) + closing + after


def _is_there(touch: Touch, facts: Facts, names: BaseNames) -> bool:
    if family_of(touch.kind) == ROUTINE and touch.schema is not None:
        arguments = touch.detail.get("args")
        known = facts.called(
            touch.schema, touch.name, arguments if isinstance(arguments, int) else None
        )
        return bool(known)
    return bool(facts.exists(touch, names)) or facts.is_named(touch)


def _relation_is_there(touch: Touch, facts: Facts, names: BaseNames) -> bool:
    """Whether there is the relation or type that the touch is a member of."""
    if family_of(touch.kind) not in MEMBERS:
        return False
    return bool(facts.exists(touch._replace(kind="table", sub=None), names))


def _depth(touch: Touch) -> int:
    depth = touch.detail.get("depth")
    return depth if isinstance(depth, int) else 0


def _certain(touch: Touch) -> Touch:
    detail = {
        name: value for name, value in touch.detail.items() if name not in ("candidate", "depth")
    }
    return touch._replace(detail=detail)


def _with_signature(touch: Touch, facts: Facts) -> Touch:
    """DROP FUNCTION f: the one that there is, with its argument types."""
    if family_of(touch.kind) != ROUTINE or "(" in touch.name or touch.schema is None:
        return touch
    if touch.action == "use":
        return touch
    former, schema = touch.name, touch.schema
    if touch.action == "create":
        # The new name, or the new schema, of one that there is.
        origin = str(touch.detail.get("renamed_from"))
        former, schema = (origin, schema) if touch.facet == "name" else (former, origin)
    routine = facts.routine(schema, former)
    if routine is None:
        return touch
    return touch._replace(
        name=f"{touch.name}({routine.types})", detail={**touch.detail, "bare": True}
    )
