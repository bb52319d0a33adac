"""Write the figures of the latest ``make bench`` into docs/operations.md."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "operations.md"
RESULTS = ROOT / "bench" / "results" / "latest.json"
BEGIN, END = (f"<!-- figures of make bench: {word} -->\n" for word in ("begin", "end"))


def table(document: dict[str, Any]) -> str:
    """The figures as Markdown, below a line about the machine."""
    machine = ", ".join(f"{name} {value}" for name, value in document["machine"].items())
    lines = [f"Measured on: {machine}.", "", "| what | median | 95 % |", "| --- | --- | --- |"]
    for figure in document["figures"]:
        value = f"{figure['value']:.2f} {figure['unit']}"
        tail = f"{figure['p95']:.2f} {figure['unit']}" if "p95" in figure else ""
        lines.append(f"| {figure['suite']}: {figure['name']} | {value} | {tail} |")
    return "\n".join(lines) + "\n"


def written(page: str, figures: str) -> str:
    """The page with these figures between the marks."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{PAGE.name} lacks the marks {BEGIN.strip()} and {END.strip()}")
    return head + begin + figures + end + tail


if __name__ == "__main__":
    if not RESULTS.exists():
        sys.exit("There are no figures: run make bench first.")
    figures = table(json.loads(RESULTS.read_text(encoding="utf-8")))
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), figures), encoding="utf-8")
