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

MISSED = """## What it gets wrong

Pairs whose verdict is known to be missing, too weak, or too strong, one of each kind. The tests
execute these, too: what the rules find out in the meantime has to leave the list.

Beside these, two changes of different aspects of one column are reported as an `overlap` of
severity `error`: they commute, and are two opinions about one column all the same."""


def page() -> str:
    sys.path.insert(0, str(HERE.parent / "plpython"))
    from coord_detector.rules.book import GROUPS
    from coord_detector.rules.book_misses import MISSES

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
    lines += ["", *MISSED.splitlines()]
    for miss in MISSES:
        lines += ["", f"**{_sentence(miss.says)}** {_sentence(miss.reason)}", "", "```sql"]
        lines += [f"-- given:    {miss.setup.strip()}"]
        lines += [f"-- change a: {miss.a};", f"-- change b: {miss.b};", "```"]
    return "\n".join(lines) + "\n"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
