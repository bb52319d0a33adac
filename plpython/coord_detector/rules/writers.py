"""Two changes of the rows of one table: whether the order of the two shows in the rows."""

from __future__ import annotations

from itertools import islice

from ..model import Json, Side, Touch
from .conditions import columns_of, condition_of, disjoint, fixed, satisfied
from .effects import Effect
from .verdict import Report, say

Row = dict[str, Json] | None
"""What is known of a row; None when it is deleted."""


def compare(a: Effect, b: Effect, report: Report) -> None:
    """Report a clash where constants tell that both reach a row, and that it ends up different."""
    for one in _writes(a):
        for two in _writes(b):
            if _same_key(one, two):
                _same_row(one, two, a, report)
                return
            if _differ(one, two, a, b) or _differ(two, one, b, a):
                say(report, "same-rows", "clash", a, kind="table")
                return


def _same_key(one: Touch, two: Touch) -> bool:
    """Whether both insert a row, and one of the table's keys is the same in both."""
    theirs = rows_of(two)
    if not theirs:
        return False
    keys = _keys(one) or _keys(two)
    for key in keys:
        taken = [[row.get(column) for column in key] for row in theirs]
        for row in rows_of(one):
            values = [row.get(column) for column in key]
            if key and None not in values and values in taken:
                return True
    return False


def rows_of(insert: Touch) -> list[dict[str, Json]]:
    """What is known of the rows that a statement inserts."""
    rows = insert.detail.get("rows") or [insert.detail.get("row")]
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _keys(insert: Touch) -> list[list[str]]:
    keys = insert.detail.get("keys") or [insert.detail.get("conflict")]
    return [
        [str(column) for column in key]
        for key in (keys if isinstance(keys, list) else ())
        if isinstance(key, list)
    ]


def _same_row(one: Touch, two: Touch, effect: Effect, report: Report) -> None:
    """Two rows of one key: the second is refused, or ON CONFLICT says what to do."""
    prepared_a, prepared_b = "conflict" in one.detail, "conflict" in two.detail
    if prepared_a != prepared_b:
        first: Side = "b" if prepared_a else "a"
        say(report, "plain-insert-first", "order", effect, first, kind="table", weight="error")
    elif not prepared_a:
        say(report, "same-key-twice", "clash", effect, kind="table")
    elif rows_of(one) != rows_of(two):
        say(report, "same-rows", "clash", effect, kind="table")


MOST_WRITES = 100
"""So many changes of one table are compared with each of the other side's, in a second at most."""


def _writes(effect: Effect) -> list[Touch]:
    found = (
        touch
        for touch in effect.data
        if ("command" in touch.detail or touch.detail.get("truncate"))
        and touch.detail.get("via") != "catalog"
        and "inherited" not in touch.detail
    )
    return list(islice(found, MOST_WRITES))


def _differ(one: Touch, two: Touch, first: Effect, second: Effect) -> bool:
    """``one`` before ``two`` is not the same as after it."""
    commands = (_command(one), _command(two))
    if commands[0] == "insert" and commands[1] in ("update", "delete"):
        return _reaches_new_row(one, two, first, second)
    if commands == ("insert", "truncate"):
        return True
    if commands[0] == "update" and commands[1] in ("update", "delete"):
        return _in_both_orders(one, two, first, second)
    return False


def _command(touch: Touch) -> str:
    return str(touch.detail.get("command", "truncate"))


def _reaches_new_row(insert: Touch, change: Touch, inserter: Effect, changer: Effect) -> bool:
    condition = condition_of(change.detail)
    if change.detail.get("rest") or any(
        member.facet == "default" and member.sub in columns_of(condition)
        for member in changer.members
    ):
        # A new default for new rows, and the old rows brought in line with it.
        return False
    rows = rows_of(insert)
    if not rows:
        return not condition and "where" in change.detail
    return any(_reaches(row, insert, change, inserter) for row in rows)


def _reaches(row: dict[str, Json], insert: Touch, change: Touch, inserter: Effect) -> bool:
    """Whether the change of rows finds this new one, and leaves it another."""
    condition = condition_of(change.detail)
    values: dict[str, Json] = dict(row)
    defaults = insert.detail.get("defaults")
    if isinstance(defaults, dict):
        values = {**defaults, **values}
    for part in condition:
        column = str(part[0])
        if column not in values and column not in inserter.written and part[1] == "null":
            # Not given, and no default is known.
            values[column] = None
    if satisfied(condition, values) is not True:
        return False
    sets = change.detail.get("set")
    if isinstance(sets, dict) and sets:
        # Nothing shows when it is set to what it has already.
        return any(values.get(column, "?") != value for column, value in sets.items())
    return True


def _in_both_orders(one: Touch, two: Touch, first: Effect, second: Effect) -> bool:
    """Try both orders on a row that both reach, and on one that the first brings to the second."""
    a, b = one.detail, two.detail
    if "where" not in a or "where" not in b:
        return False
    where_a, where_b = condition_of(a), condition_of(b)
    meet = not disjoint(where_a, where_b)
    if meet and not _named(one, "reads").isdisjoint(_named(two, "set", "computed")):
        # One of them reaches every row that the other one does.
        for wide, narrow in ((a, b), (b, a)):
            if "rest" not in wide and satisfied(condition_of(wide), fixed(condition_of(narrow))):
                return True
    if a.get("rest") or b.get("rest"):
        return meet and _set_differently(one, two)
    if meet:
        start = {**fixed(where_a), **fixed(where_b)}
        ab = _then(_then(start, one, first), two, second)
        ba = _then(_then(start, two, second), one, first)
        return ab != ba
    start = fixed(where_a)
    alone = _then(start, one, first)
    if alone is None:
        return False
    return satisfied(where_b, alone) is True and _then(alone, two, second) != alone


def _named(update: Touch, *words: str) -> set[str]:
    """Columns that a change of rows names in these parts of its detail."""
    names: set[str] = set()
    for word in words:
        value = update.detail.get(word)
        names.update(map(str, value) if isinstance(value, (list, dict)) else ())
    return names


def _set_differently(one: Touch, two: Touch) -> bool:
    """Whether both set a column, and not to the same constant."""
    a, b = one.detail.get("set"), two.detail.get("set")
    if not isinstance(a, dict) or not isinstance(b, dict):
        return False
    return any(column in b and a[column] != b[column] for column in a)


def _then(row: Row, change: Touch, effect: Effect) -> Row:
    """The row after a change, if the change still reaches it."""
    if row is None:
        return None
    condition = [part for part in condition_of(change.detail) if str(part[0]) in row]
    if satisfied(condition, row) is False:
        return row
    if change.detail["command"] == "delete":
        return None
    sets = change.detail.get("set")
    constants = dict(sets) if isinstance(sets, dict) else {}
    result = {**row, **constants}
    for column in effect.written:
        if column not in constants:
            # Computed from what was there: the order shows.
            result[column] = f"{change.statement_no} of {id(change)} on {row.get(column)}"
    return result
