"""Write docs/conflict-matrix.md from the table of rules: python docs/build_conflict_matrix.py"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE / "conflict-matrix.md"

HEAD = """# Conflict matrix

What two plans do to each other, rule by rule. This page is made from the table of rules in
`plpython/coord_detector/rules/book.py` (`python docs/build_conflict_matrix.py`); the tests execute
every example in both orders on a real server and compare the result with what is said here.

| outcome | meaning | execution says |
| --- | --- | --- |
| `overlap` | both change the same object in ways that commute | both orders work and agree |
| `duplicate` | both make the very same definition | one of the two is redundant or fails |
| `order` | it works in one order only | the other order fails |
| `clash` | cannot both hold | both orders fail, or the last writer wins |

A pair's verdict is its strongest row: clash, then duplicate, then order, then overlap. All rows of
outcome `order` name the same side; opposite needs are a clash.

## In short

"""


def page() -> str:
    sys.path.insert(0, str(HERE.parent / "plpython"))
    from coord_detector.rules.book import GROUPS

    lines = [HEAD.rstrip("\n"), "", "| rule | outcome | when |", "| --- | --- | --- |"]
    for _, rules in GROUPS:
        for rule in rules:
            lines.append(f"| [{rule.name}](#{rule.name}) | `{rule.outcome}` | {rule.says} |")
    for title, rules in GROUPS:
        lines += ["", f"## {title}"]
        for rule in rules:
            lines += ["", f"### {rule.name}", "", f"`{rule.outcome}`: {rule.says}."]
            if rule.first is not None:
                lines[-1] += f" Change {rule.first} goes first in the example."
            lines += ["", f"{_sentence(rule.reason)} Source: {rule.source}.", "", "```sql"]
            if rule.setup:
                lines.append(f"-- given:    {rule.setup.strip()}")
            often = f" -- {rule.times} times" if rule.times > 1 else ""
            lines += [f"-- change a: {rule.a};{often}", f"-- change b: {rule.b};{often}", "```"]
    return "\n".join(lines) + "\n"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
