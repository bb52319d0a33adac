"""The archive procedure of docs/operations.md, as it stands there."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

from tests.db.intents import Connection, add_column, conflicts, move, problems, rows, value
from tools.cluster import Cluster
from tools.places import CHECKOUT, clean_environment


def documented_procedure() -> str:
    text = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
    blocks = [each.partition("```")[0] for each in text.split("```sh\n")[1:]]
    [block] = [each for each in blocks if "archive_ended" in each]
    return block


def test_documented_procedure_archives_and_earlier_digests_verify(
    cluster: Cluster, dsn: str, conn: Connection, tmp_path: Path
) -> None:
    ended = [add_column(conn, agent, "users", "a") for agent in ("ada", "bob")]
    conn.execute(
        "select coord.resolve_conflict(id, e'one\ntwo') from coord.conflicts_of(%s)", (ended[1],)
    )
    for intent in ended:
        move(conn, intent, "abandoned")
    kept = add_column(conn, "eve", "orders", "a")
    digest = value(conn, "select coord.history_digest()")
    history = rows(
        conn, "select id, row_hash::text from coord.intent_history where intent_id <> %s", kept
    )
    move(conn, kept, "in_progress")
    late = add_column(conn, "joe", "elsewhere", "a")
    move(conn, late, "abandoned")
    # as if it had ended later: only what is older than the documented time leaves
    time = value(conn, "select max(updated_at)::text from coord.intent where id = any (%s::uuid[])",
                 ended)  # fmt: skip
    safe = tmp_path / "safe"
    safe.mkdir()
    script = (
        documented_procedure()
        .replace("2026-01-01", str(value(conn, "select (%s::timestamptz + '1 us')::text", time)))
        .replace("-d site", "-d " + shlex.quote(dsn))
        .replace("/somewhere/safe", str(safe))
        .replace("psql ", f"{cluster.bindir / 'psql'} ")
    )
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=clean_environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "2\n"), done
    documents = [json.loads(line) for line in (safe / "ended.jsonl").read_text().splitlines()]
    assert {each["intent"]["id"] for each in documents} == set(ended)
    left = {str(each["id"]) for each in rows(conn, "select id from coord.intent")}
    assert left == {kept, late}
    exported = [
        {"id": each["id"], "row_hash": each["row_hash"]}
        for document in documents
        for each in document["history"]
    ]
    archived = rows(conn, "select id, row_hash::text from coord.archived_history order by id")
    assert sorted(exported, key=lambda each: each["id"]) == archived
    assert sorted(history, key=lambda each: each["id"]) == archived
    assert problems(conn, digest) == []
    assert conflicts(conn, add_column(conn, "ada", "users", "a")) == []
    assert problems(conn, (safe / "digest.txt").read_text()) == []
