"""The archive procedure of docs/operations.md, as it stands there."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.db.intents import Connection, add_column, conflicts, move, problems, rows, value
from tools.cluster import Cluster
from tools.places import CHECKOUT, clean_environment

# What COPY, JSON and CSV would escape, each in its own way.
NOTES = 'one\ntwo\t\\three "four"'


def documented(word: str) -> str:
    """The one block of shell commands with this word."""
    text = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
    blocks = [each.partition("```")[0] for each in text.split("```sh\n")[1:]]
    [block] = [each for each in blocks if word in each]
    return block


def run_documented(
    word: str, cluster: Cluster, dsn: str, safe: Path, before: str = "2026-01-01"
) -> subprocess.CompletedProcess[str]:
    script = (
        documented(word)
        .replace("2026-01-01", before)
        .replace("-d site", "-d " + shlex.quote(dsn))
        .replace("/somewhere/safe", str(safe))
        .replace("psql ", f"{cluster.bindir / 'psql'} ")
    )
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def two_ended(conn: Connection) -> tuple[list[str], str]:
    """Two abandoned intents that clashed, and a time just after they ended."""
    ended = [add_column(conn, agent, "users", "a") for agent in ("ada", "bob")]
    conn.execute(
        "select coord.resolve_conflict(id, %s) from coord.conflicts_of(%s)", (NOTES, ended[1])
    )
    for intent in ended:
        move(conn, intent, "abandoned")
    time = value(
        conn,
        "select (max(updated_at) + '1 us')::text from coord.intent where id = any (%s::uuid[])",
        ended,
    )
    return ended, str(time)


def test_documented_procedure_archives_and_earlier_digests_verify(
    cluster: Cluster, dsn: str, conn: Connection, tmp_path: Path
) -> None:
    ended, time = two_ended(conn)
    kept = add_column(conn, "eve", "orders", "a")
    digest = value(conn, "select coord.history_digest()")
    history = rows(
        conn, "select id, row_hash::text from coord.intent_history where intent_id <> %s", kept
    )
    move(conn, kept, "in_progress")
    # ended later: only what is older than the given time leaves
    late = add_column(conn, "joe", "elsewhere", "a")
    move(conn, late, "abandoned")
    done = run_documented("archive_ended", cluster, dsn, tmp_path, time)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "2\n"), done
    documents = [json.loads(line) for line in (tmp_path / "ended.jsonl").read_text().splitlines()]
    assert {each["intent"]["id"] for each in documents} == set(ended)
    notes = {each["resolution_notes"] for document in documents for each in document["conflicts"]}
    assert NOTES in notes
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
    verified = run_documented("digest.txt)", cluster, dsn, tmp_path)
    assert (verified.returncode, verified.stderr, verified.stdout) == (0, "", ""), verified


def test_documented_verification_finds_what_went_without_being_archived(
    cluster: Cluster, dsn: str, conn: Connection, tmp_path: Path
) -> None:
    ended, time = two_ended(conn)
    done = run_documented("archive_ended", cluster, dsn, tmp_path, time)
    assert done.stdout == "2\n", done
    conn.execute("alter table coord.archived_history disable trigger user")
    conn.execute("delete from coord.archived_history where intent_id = %s", (ended[0],))
    conn.execute("alter table coord.archived_history enable trigger user")
    conn.execute(
        "alter table coord.archived_history enable always trigger archived_history_100_refuse_row, "
        "enable always trigger archived_history_100_refuse_truncate"
    )
    verified = run_documented("digest.txt)", cluster, dsn, tmp_path)
    assert (verified.returncode, verified.stderr) == (0, ""), verified
    assert verified.stdout.count("\n") == 1
    assert "digest" in verified.stdout


def test_nothing_leaves_where_the_file_cannot_be_written(
    cluster: Cluster, dsn: str, conn: Connection, tmp_path: Path
) -> None:
    ended, time = two_ended(conn)
    done = run_documented("archive_ended", cluster, dsn, tmp_path / "nowhere", time)
    assert done.returncode != 0
    assert "No such file or directory" in done.stderr
    (tmp_path / "ended.jsonl").symlink_to("/dev/full")
    done = run_documented("archive_ended", cluster, dsn, tmp_path, time)
    assert done.returncode != 0
    assert "No space left on device" in done.stderr
    assert value(conn, "select count(*) from coord.intent") == len(ended)
    assert value(conn, "select count(*) from coord.archived_history") == 0
    assert problems(conn) == []


def test_a_review_between_export_and_removal_is_not_lost(
    conn: Connection, connect: Callable[..., Connection]
) -> None:
    merged = [add_column(conn, agent, "users", "a") for agent in ("ada", "bob")]
    [conflict] = conflicts(conn, merged[1])
    conn.execute("update coord.conflict set severity = 'warning' where id = %s", (conflict["id"],))
    for intent in merged:
        for new_status in ("in_progress", "completed", "merged"):
            move(conn, intent, new_status)
    archiver = connect()
    archiver.autocommit = False
    archiver.execute("begin isolation level repeatable read")
    assert len(rows(archiver, "select coord.export_ended(now())")) == len(merged)
    conn.execute("select coord.resolve_conflict(%s, 'after all')", (conflict["id"],))
    with pytest.raises(psycopg.errors.SerializationFailure):
        archiver.execute("select coord.archive_ended(now())")
    archiver.rollback()
    assert value(conn, "select count(*) from coord.archived_history") == 0
    assert problems(conn) == []
