"""Assignments to rows: what their parse trees would copy without end is refused before."""

from __future__ import annotations

import pytest

from coord_detector import safe_parser
from coord_detector.script_error import ScriptError


def assignment(width: int) -> str:
    names = ", ".join(f"a{number}" for number in range(width))
    return f"update t set ({names}) = (select {names} from u)"


def nested(levels: int, inner: str = "1, 2") -> str:
    return (
        "update t set (a, b) = (with x as (" * levels
        + f"select {inner}"
        + ") select c, d from x)" * levels
    )


@pytest.mark.parametrize(
    "sql",
    [
        assignment(1_000),
        assignment(20_000),
        nested(25),
        nested(1_000),
        f"insert into t values (1) on conflict (a) do {assignment(1_000).replace(' t ', ' ')}",
        assignment(1_000).replace("(select", "/* ( */ (select").replace("a1,", "a1 /* , */,"),
        assignment(1_000).replace("update t set (", "update t set x = 1, ("),
        "update t set (" + "a," * 1_000 + "a) = " + "1+" * 1_000 + "1",
        "update t set (" + "a," * 1_000 + "a) = b is distinct from (" + "1," * 1_000 + "1)",
        "select $é$,$é$, $è$'$è$; " + assignment(1_000),
    ],
    ids=range(10),
)
def test_explosion_is_refused(sql: str) -> None:
    with pytest.raises(ScriptError) as error:
        safe_parser.parse_sql(sql)
    assert error.value.sqlstate == "54000"
    assert error.value.message == "a row assignment is too large"
    assert error.value.hint


@pytest.mark.parametrize(
    "sql",
    [
        assignment(100),
        nested(3),
        "update t set " + ", ".join(f"(a{n}, b{n}) = (select 1, 2)" for n in range(2_000)),
        "update t set " + ", ".join(f"a{n} = {n}" for n in range(5_000)),
        "insert into t values " + ", ".join("(1, 2, 3)" for _ in range(20_000)),
        "; ".join(assignment(20) for _ in range(250)),
        "; ".join(f"update t set a{n} = {n}, b = 1" for n in range(60_000)),
        "update t set a = 1 where (a, b) = (select c, d from u where (e, f) = (1, 2))",
    ],
    ids=range(8),
)
def test_ordinary_assignments_are_parsed(sql: str) -> None:
    assert safe_parser.parse_sql(sql)
