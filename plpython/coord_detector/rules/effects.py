"""One intent, indexed by object: what it does to each, and what it needs of each.

This is the work that is done once for an intent, so that comparing a pair only looks at the
objects that both touch.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..identity import (
    BARE_ROUTINE,
    COLUMN,
    MEMBERS,
    OPERATOR,
    RELATION,
    ROUTINE,
    Key,
    bare,
    container,
    is_bare,
    key_of,
)
from ..model import Touch
from .dependents import is_looked_up
from .guards import guard

WRITES = 1
"""Changes the definition of the object or of a member of it."""
READS_DATA = 2
WRITES_DATA = 4
REFERS = 8
LIVES = 16
"""Creates, drops, renames or replaces it."""
SPECIAL = 32
"""Anything that a mere overlap does not cover."""


class Effect:
    """Everything that one intent does to one object."""

    __slots__ = (
        "key",
        "touch",
        "flags",
        "create",
        "drop",
        "replaces",
        "is_gone",
        "alters",
        "members",
        "uses",
        "data",
        "columns",
        "stars",
        "written",
        "commands",
    )

    def __init__(self, key: Key, touch: Touch) -> None:
        self.key = key
        self.touch = touch
        """Stands for the object: its kind, and how it is shown."""
        self.flags = 0
        self.create: Touch | None = None
        self.drop: Touch | None = None
        self.is_gone = False
        """As things are after the touches that were entered."""
        self.replaces = False
        """Dropped first and created again."""
        self.alters: dict[str, list[Touch]] = {}
        self.members: list[Touch] = []
        """What it does to columns, constraints, indexes, triggers … of this relation."""
        self.uses: list[Touch] = []
        self.data: list[Touch] = []
        self.columns: set[str] = set()
        """Columns of it that are named as they are looked up."""
        self.written: set[str] = set()
        """Columns of it whose rows get values."""
        self.commands: set[str] = set()
        """How its rows are changed: insert, update, delete, truncate."""
        self.stars: list[Touch] = []
        """Uses of all its columns, whichever they are: ``*``, LIKE."""

    @property
    def is_touched(self) -> bool:
        """Whether anything was entered, or it only marks that there is more elsewhere."""
        return bool(self.flags)

    @property
    def life(self) -> str:
        """How the object comes or goes: create, ensure, drop, replace, or not at all."""
        if self.replaces:
            return "replace"
        if self.drop is not None:
            return "drop"
        if self.create is not None:
            detail = self.create.detail
            guarded = detail.get("if_not_exists") or detail.get("or_replace")
            return "ensure" if guarded else "create"
        return ""


class Prepared:
    """One intent, ready to be compared."""

    __slots__ = (
        "estates",
        "extensions",
        "mentions",
        "at_run_time",
        "defaults",
        "keys",
        "lists",
        "references",
        "labels",
        "unlisted",
        "effects",
        "indexes",
        "made",
        "schemas",
        "signatures",
        "touches",
        "whole_schemas",
        "_makers",
    )

    def __init__(self, touches: Sequence[Touch]) -> None:
        self.touches = touches
        self._makers: dict[int, dict[Key, Touch]] | None = None
        self.effects: dict[Key, Effect] = {}
        self.indexes: dict[str, Touch] = {}
        """Indexes that it makes, by definition: the name is not part of that."""
        self.signatures: dict[Key, list[Touch]] = {}
        """What it does to routines whose argument types are known, by bare name."""
        self.schemas: dict[str, list[Touch]] = {}
        """What it touches inside each schema."""
        self.whole_schemas: list[Touch] = []
        """What it does to schemas as a whole."""
        self.made: list[Touch] = []
        """What it creates anew, which default privileges apply to."""
        self.estates: list[Touch] = []
        """Roles all of whose belongings it drops or hands over."""
        self.extensions: list[Touch] = []
        """Extensions that it creates."""
        self.mentions: set[str] = set()
        """Names in the literals of code that puts SQL together at run time."""
        self.at_run_time: list[Touch] = []
        """Code of which not everything can be seen."""
        self.defaults: list[Touch] = []
        """Its changes of default privileges."""
        self.references: list[Touch] = []
        """Its new foreign keys, and its ON CONFLICT with columns."""
        self.lists: list[Touch] = []
        """Publications whose whole list it sets."""
        self.unlisted: list[Touch] = []
        """Tables that it takes out of publications."""
        self.labels: list[Touch] = []
        """Labels of enums that it adds or renames."""
        self.keys: list[Touch] = []
        """Unique constraints and indexes that it makes or drops."""
        for touch in touches:
            self._add(touch)

    @property
    def makers(self) -> dict[int, dict[Key, Touch]]:
        """What each statement makes or gives a default: made at the first question."""
        if self._makers is None:
            self._makers = {}
            for touch in self.touches:
                if "implied" not in touch.detail and (
                    (touch.action == "create" and touch.facet == "definition")
                    or (touch.action == "alter" and touch.facet == "default")
                ):
                    self._makers.setdefault(touch.statement_no, {})[key_of(touch)] = touch
        return self._makers

    def _effect(self, key: Key, touch: Touch) -> Effect:
        effect = self.effects.get(key)
        if effect is None:
            effect = self.effects[key] = Effect(key, touch)
        return effect

    def _add(self, touch: Touch) -> None:
        key = key_of(touch)
        if touch.schema is not None:
            self.schemas.setdefault(touch.schema, []).append(touch)
        effect = self._effect(key, touch)
        enter(effect, touch)
        family = key.family
        if touch.action == "use" and family == COLUMN and touch.sub is not None:
            owner = self._effect(container(key), touch)
            if _names_it(touch):
                owner.columns.add(touch.sub)
            if touch.detail.get("access") == "write":
                owner.written.add(touch.sub)
            if touch.detail.get("by") in ("identity", "sequence"):
                owner.uses.append(touch)  # a sequence is changed through the table, or given to it
        elif "all_columns" in touch.detail:
            effect.stars.append(touch)
            effect.flags |= SPECIAL
        if touch.facet == "contents":
            self.estates.append(touch)
        elif touch.kind == "extension" and touch.action == "create":
            self.extensions.append(touch)
        elif touch.kind == "unknown":
            self.at_run_time.append(touch)
            mentions = touch.detail.get("mentions")
            if isinstance(mentions, list):
                self.mentions.update(str(one) for one in mentions)
        if family == "schema":
            self.whole_schemas.append(touch)
        elif family == "default acl":
            self.defaults.append(touch)
        elif touch.facet == "tables":
            self.lists.append(touch)
        elif family == "publication relation" and touch.action == "drop":
            if "implied" not in touch.detail:
                self.unlisted.append(touch)
        elif touch.facet == "value" and touch.kind in ("type", "enum value"):
            self.labels.append(touch)
        if touch.action == "create" and touch.facet == "definition":
            self.made.append(touch)
        detail = touch.detail
        if detail.get("conflict"):
            self.references.append(touch)
        if touch.kind == "table constraint":
            if detail.get("constraint_type") == "foreign key" and touch.action == "create":
                self.references.append(touch)
            elif (
                detail.get("constraint_type") in UNIQUE
                and touch.action in ("create", "drop")
                and touch.facet == "definition"
            ):
                self.keys.append(touch)
        elif touch.kind == "index" and detail.get("unique") and touch.action == "create":
            self.keys.append(touch)
        if touch.kind == "index" and touch.action == "create":
            definition = touch.detail.get("definition")
            if isinstance(definition, str):
                self.indexes[definition] = touch
        if family in MEMBERS:
            if touch.action != "use":
                owner = self._effect(container(key), touch)
                owner.members.append(touch)
                owner.flags |= WRITES
                if "inherited" in touch.detail:
                    owner.flags |= SPECIAL
        elif family == ROUTINE or (family == OPERATOR and not is_bare(key)):
            # Calls that tell no argument types find it under its bare name.
            self.signatures.setdefault(bare(key), []).append(touch)
            self._effect(bare(key), touch)


def _names_it(touch: Touch) -> bool:
    """Whether a use looks the object up under its name."""
    if touch.facet == "data":
        return "inherited" not in touch.detail
    return touch.facet != "absence" and "via" not in touch.detail and is_looked_up(touch)


def enter(effect: Effect, touch: Touch) -> None:
    action = touch.action
    if action == "use":
        if touch.facet == "data":
            effect.data.append(touch)
            access = touch.detail.get("access")
            effect.flags |= WRITES_DATA if access == "write" else READS_DATA
            command = touch.detail.get("command")
            if isinstance(command, str):
                effect.commands.add(command)
            elif touch.detail.get("truncate"):
                effect.commands.add("truncate")
        else:
            effect.uses.append(touch)
            effect.flags |= REFERS
            detail = touch.detail
            if effect.key.family == RELATION and (
                detail.get("by") in MADE_ON_A_TABLE or "bounds" in detail
            ):
                effect.flags |= WRITES
            if (
                detail.get("all_columns")
                or touch.facet == "absence"
                or "bounds" in detail
                or detail.get("as") == "parent"
            ):
                effect.flags |= SPECIAL
    elif action == "alter":
        effect.alters.setdefault(touch.facet or "definition", []).append(touch)
        effect.flags |= WRITES | SPECIAL
        effect.touch = touch
    elif action == "create":
        if effect.create is not None and guard(touch) and not guard(effect.create):
            touch = _made_for_certain(effect.create, touch)
        effect.create = touch
        effect.is_gone = False
        effect.replaces = effect.replaces or effect.drop is not None
        effect.flags |= WRITES | LIVES
        effect.touch = touch
    else:
        if effect.is_gone:
            return  # IF EXISTS, after it went away: nothing happens
        if effect.drop is None and effect.create is not None and not guard(effect.create):
            effect.create = None
            return  # it was not there before
        if "followed" not in touch.detail or effect.create is None:
            # Otherwise it is the old one, which went by another name in the meantime.
            effect.is_gone = True
            effect.replaces = False
            effect.create = None
        if effect.drop is None or "followed" in touch.detail:
            effect.drop = touch  # of what others know; what came in its place is nobody else's
        effect.flags |= WRITES | LIVES
        effect.touch = touch


def _made_for_certain(made: Touch, again: Touch) -> Touch:
    """CREATE, and then IF NOT EXISTS or OR REPLACE: only the first must not find it there."""
    if "or_replace" not in again.detail:
        return made
    detail = {name: value for name, value in again.detail.items() if name != "or_replace"}
    return again._replace(detail=detail)


UNIQUE = ("primary key", "unique")

MADE_ON_A_TABLE = frozenset(("index", "statistics object"))
"""Objects of their own that change the table they are made on: a use by them is a change."""

__all__ = [
    "BARE_ROUTINE",
    "COLUMN",
    "LIVES",
    "READS_DATA",
    "REFERS",
    "SPECIAL",
    "WRITES",
    "WRITES_DATA",
    "Effect",
    "Prepared",
]
