"""Score the detector against pairs of changes whose truth was found by executing them.

    python -m tests.score_pairs FOLDER [--dsn CONNINFO] [--text-only] [--show CLASS] [--limit N]

FOLDER holds ``base.sql`` (the schema that the changes were written against), ``intents.jsonl``
(``id``, ``ddl``) and ``truth.jsonl`` (``a``, ``b``, ``truth``, ``tags``, ``common_table``, and
for failures ``fail``; for ``requires`` the order). The database behind ``--dsn`` must hold the
base schema. The detector runs outside the server here, on the same catalog.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import dict_row

from coord_detector.catalog import enrich
from coord_detector.footprint import footprint
from coord_detector.model import Conflict, Touch
from coord_detector.rules import Prepared, compare, prepare
from coord_detector.script import parse_changes

PATH = ("public",)


class Pair(NamedTuple):
    a: str
    b: str
    truth: str
    tags: frozenset[str]
    common: bool
    first: str | None
    why: str


def catalog_query(connection: psycopg.Connection[Any]) -> Callable[..., list[dict[str, Any]]]:
    """Queries as the detector asks them inside the server, asked from outside."""

    def query(sql: str, arguments: list[Any]) -> list[dict[str, Any]]:
        with psycopg.RawCursor(connection, row_factory=dict_row) as cursor:
            return cursor.execute(sql.encode(), arguments).fetchall()

    return query


def touches_of(ddl: list[str], query: Callable[..., Any] | None) -> list[Touch]:
    touches = footprint(parse_changes(ddl), PATH)
    return enrich(touches, query) if query is not None else touches


def pairs_of(folder: Path) -> Iterator[Pair]:
    for path in sorted(folder.glob("truth*.jsonl")):
        for line in path.read_text().splitlines():
            if not line.endswith("}"):
                continue
            row = json.loads(line)
            first = row.get("first")
            if first is None and row["truth"] == "requires":
                first = "a" if row["requires"]["first"] == row["a"] else "b"
            failures = [
                (one["order"], one["message"]) if isinstance(one, dict) else (one[0], one[3])
                for one in row.get("fail", ())
            ]
            if first is None and row["truth"] == "order":
                first = "b" if failures[0][0] == "ab" else "a"
            tags = set(row.get("tags", ()))
            if row.get("contents"):
                tags |= {"data", "contents"}
            why = "; ".join(f"{order}: {text}" for order, text in failures)
            why = why or ", ".join(row.get("diff", ())[:4])
            common = row.get("common_table", row.get("common", False))
            yield Pair(row["a"], row["b"], row["truth"], frozenset(tags), common, first, why)


STRENGTH = ("overlap", "order", "duplicate", "clash")


def strongest(conflicts: list[Conflict]) -> Conflict | None:
    """The row that a pair's verdict is."""
    return max(conflicts, key=lambda one: STRENGTH.index(one.outcome), default=None)


def judge(pair: Pair, conflicts: list[Conflict]) -> list[str]:
    """The classes of mistake, empty when all is well."""
    top = strongest(conflicts)
    if pair.truth == "commute":
        wrong = []
        if any(one.severity == "error" for one in conflicts):
            wrong.append("false error")
        if conflicts and not pair.common:
            wrong.append("noise")
        return wrong
    data = "data" in pair.tags
    if top is None:
        return ["missed (data)" if data else "missed"]
    if pair.truth in ("diverge", "exclusive"):
        severe = top.outcome == "duplicate" or any(one.severity == "error" for one in conflicts)
        if not severe:
            return ["weak clash (data)" if data else "weak clash"]
        return []
    if top.outcome != "order":
        return ["not order"]
    return [] if top.first == pair.first else ["wrong side"]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dsn", default="")
    parser.add_argument("--text-only", action="store_true")
    parser.add_argument("--show", action="append", default=[])
    parser.add_argument("--limit", type=int, default=40)
    options = parser.parse_args()
    query = None
    if not options.text_only:
        query = catalog_query(psycopg.connect(options.dsn, autocommit=True))
    prepared: dict[str, Prepared] = {}
    for path in sorted(options.folder.glob("intents*.jsonl")):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            try:
                prepared[row["id"]] = prepare(touches_of(row["ddl"], query))
            except Exception as error:
                print(f"{row['id']}: {type(error).__name__}: {error}", file=sys.stderr)
    truths: Counter[str] = Counter()
    mistakes: Counter[str] = Counter()
    examples: dict[str, list[str]] = defaultdict(list)
    spent = 0.0
    for pair in pairs_of(options.folder):
        if pair.a not in prepared or pair.b not in prepared:
            continue
        start = time.perf_counter()
        conflicts = compare(prepared[pair.a], prepared[pair.b])
        spent += time.perf_counter() - start
        truths[pair.truth] += 1
        truths["commute, no common table"] += pair.truth == "commute" and not pair.common
        for mistake in judge(pair, conflicts):
            mistakes[mistake] += 1
            said = "; ".join(
                f"{one.type}/{one.severity}/{one.outcome}"
                f"{'/' + one.first if one.first else ''} {','.join(one.objects)} [{one.rule}]"
                for one in conflicts
            )
            examples[mistake].append(
                f"  {pair.a} | {pair.b}: {pair.truth}"
                f"{' first ' + pair.first if pair.first else ''}"
                f" {sorted(pair.tags) or ''}\n      truth: {pair.why}\n      said:  {said}"
            )
    report(truths, mistakes, spent)
    for name in options.show or ():
        print(f"--- {name}")
        print("\n".join(examples[name][: options.limit]))
    return 0


def report(truths: Counter[str], mistakes: Counter[str], spent: float) -> None:
    found = sum(truths[name] for name in ("order", "requires", "diverge", "exclusive"))
    clashes = truths["diverge"] + truths["exclusive"]
    orders = truths["order"] + truths["requires"]
    pairs = found + truths["commute"]
    print(f"pairs {pairs}: {dict(truths)}")
    print(f"time  {spent / max(pairs, 1) * 1e6:.0f} us a pair")
    _line("missed", mistakes["missed"], found)
    _line("missed, but the truth depends on rows", mistakes["missed (data)"], found)
    _line("clash not at error", mistakes["weak clash"], clashes)
    _line("clash of rows not at error", mistakes["weak clash (data)"], clashes)
    _line("order reported as something else", mistakes["not order"], orders)
    _line("order with the wrong side first", mistakes["wrong side"], orders)
    _line("error on a commuting pair", mistakes["false error"], truths["commute"])
    _line("report without common table", mistakes["noise"], truths["commute, no common table"])


def _line(text: str, count: int, of: int) -> None:
    print(f"{text:40} {count:6} of {of:6}  {count / max(of, 1):8.3%}")


if __name__ == "__main__":
    sys.exit(main())
