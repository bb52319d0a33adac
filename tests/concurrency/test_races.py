"""Two or more sessions at the same moment: nobody is missed, nothing is stored twice."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.concurrency.sessions import broken_promises, race
from tests.db.intents import Connection, add_column, move, rows, status, value

LEVELS = ["read committed", "repeatable read", "serializable"]


def registers(column: str) -> Callable[[Connection, int, int], str]:
    def work(conn: Connection, round_: int, number: int) -> str:
        return add_column(
            conn,
            f"agent {number}",
            f"users_{round_}",
            column.format(number=number),
            feature=f"feature {number}",
        )

    return work


@pytest.mark.parametrize("isolation", LEVELS)
def test_same_column_by_eight_sessions(dsn: str, conn: Connection, isolation: str) -> None:
    sessions = 8
    for round_, outcomes in race(dsn, [registers("same")] * sessions, isolation):
        assert [state for _, state in outcomes] == [None] * sessions, outcomes
        pairs = rows(
            conn,
            "select least(c.intent_a, c.intent_b) as one, greatest(c.intent_a, c.intent_b) as two"
            " from coord.conflict c where c.conflict_type = 'column'"
            " and c.affected_objects = array[%s]",
            f"users_{round_}.same",
        )
        assert len(pairs) == sessions * (sessions - 1) // 2
        assert len({(pair["one"], pair["two"]) for pair in pairs}) == len(pairs)
    assert broken_promises(conn) == []


def test_branches_of_one_feature_are_unique(dsn: str, conn: Connection) -> None:
    def work(conn: Connection, round_: int, number: int) -> str:
        # x_002 as a feature of its own must not meet the second branch of x
        return add_column(
            conn,
            f"agent {number}",
            f"t_{number}",
            f"c_{round_}",
            feature="x" if number % 2 else "x_002",
        )

    for _, outcomes in race(dsn, [work] * 6):
        assert [state for _, state in outcomes] == [None] * 6, outcomes
    branches = [each["branch_name"] for each in rows(conn, "select branch_name from coord.intent")]
    assert len(branches) == len(set(branches))
    assert "feature/x_001" in branches
    assert "feature/x_002_001" in branches


@pytest.mark.parametrize("isolation", LEVELS)
def test_registering_against_ending(dsn: str, conn: Connection, isolation: str) -> None:
    intents: dict[int, str] = {}

    def ends(conn: Connection, round_: int, number: int) -> None:
        intent = value(
            conn,
            "select id::text from coord.intent where agent_id = 'host' and"
            " tables_affected = array[%s]",
            f"users_{round_}",
        )
        conn.execute("select coord.mark_abandoned(%s)", (intent,))

    def prepare(round_: int) -> None:
        intents[round_] = add_column(conn, "host", f"users_{round_}", "same")

    work = [registers("same"), ends, registers("same")]
    for round_, outcomes in race(dsn, work, isolation, before=prepare):
        assert [state for _, state in outcomes] == [None] * 3, outcomes
        assert status(conn, intents[round_]) == "abandoned"
        assert broken_promises(conn) == []


@pytest.mark.parametrize("isolation", LEVELS)
def test_registering_against_ending_by_hand(dsn: str, conn: Connection, isolation: str) -> None:
    def prepare(round_: int) -> None:
        add_column(conn, "host", f"users_{round_}", "same")

    def ends(conn: Connection, round_: int, number: int) -> None:
        conn.execute(
            "update coord.intent set status = 'abandoned' where agent_id = 'host'"
            " and tables_affected = array[%s]",
            (f"users_{round_}",),
        )

    for _, outcomes in race(dsn, [registers("same"), ends], isolation, before=prepare):
        assert [state for _, state in outcomes] == [None] * 2, outcomes
        assert broken_promises(conn) == []


@pytest.mark.parametrize("isolation", LEVELS)
def test_ending_against_ending(dsn: str, conn: Connection, isolation: str) -> None:
    """Both sides of a conflict end at the same moment, and so does a third."""

    def ends(conn: Connection, round_: int, number: int) -> None:
        intent = value(
            conn,
            "select id::text from coord.intent where agent_id = %s and tables_affected = array[%s]",
            f"agent {number}",
            f"users_{round_}",
        )
        conn.execute("select coord.mark_abandoned(%s)", (intent,))

    def prepare(round_: int) -> None:
        for number in range(4):
            add_column(conn, f"agent {number}", f"users_{round_}", "same")

    for _, outcomes in race(dsn, [ends] * 3, isolation, before=prepare):
        assert [state for _, state in outcomes] == [None] * 3, outcomes
        assert broken_promises(conn) == []


@pytest.mark.parametrize("isolation", LEVELS)
def test_reviewing_the_last_two_conflicts(dsn: str, conn: Connection, isolation: str) -> None:
    newcomers: dict[int, str] = {}

    def prepare(round_: int) -> None:
        for number in range(2):
            add_column(conn, f"host {number}", f"users_{round_}", f"column_{number}")
        newcomers[round_] = add_column(conn, "guest", f"users_{round_}", "other")

    def reviews(conn: Connection, round_: int, number: int) -> None:
        conflict = value(
            conn,
            "select c.id from coord.conflict c join coord.intent a on a.id = c.intent_a"
            " join coord.intent b on b.id = c.intent_b where a.agent_id = 'guest'"
            " and b.agent_id = %s and c.affected_objects = array[%s]",
            f"host {number}",
            f"users_{round_}",
        )
        conn.execute("select coord.resolve_conflict(%s, 'agreed')", (conflict,))

    for round_, outcomes in race(dsn, [reviews] * 2, isolation, before=prepare):
        assert [state for _, state in outcomes] == [None] * 2, outcomes
        assert status(conn, newcomers[round_]) == "registered"
    # the hosts' own warning is still open, and that is all
    assert [b for b in broken_promises(conn) if "conflicted without" in b] == []


@pytest.mark.parametrize("isolation", LEVELS)
def test_reviewing_every_conflict_of_a_crowd(dsn: str, conn: Connection, isolation: str) -> None:
    """Six conflicts among four intents: each review touches two of them, in every order."""

    def prepare(round_: int) -> None:
        for number in range(4):
            add_column(conn, f"agent {number}", f"users_{round_}", "same")

    def reviews(conn: Connection, round_: int, number: int) -> None:
        found = rows(
            conn,
            "select id from coord.conflict where affected_objects = array[%s] order by id",
            f"users_{round_}.same",
        )
        conn.execute("select coord.resolve_conflict(%s, 'agreed')", (found[number]["id"],))

    for _, outcomes in race(dsn, [reviews] * 6, isolation, before=prepare):
        assert [state for _, state in outcomes] == [None] * 6, outcomes
        assert broken_promises(conn) == []


@pytest.mark.parametrize("isolation", LEVELS)
def test_amending_against_registering(dsn: str, conn: Connection, isolation: str) -> None:
    """An intent moves onto the very table that a newcomer registers on."""

    def prepare(round_: int) -> None:
        add_column(conn, "host", f"elsewhere_{round_}", "c")

    def amends(conn: Connection, round_: int, number: int) -> None:
        intent = value(
            conn,
            "select id::text from coord.intent where agent_id = 'host' and"
            " tables_affected = array[%s]",
            f"elsewhere_{round_}",
        )
        conn.execute(
            "select coord.amend_intent(%s, %s::text)",
            (intent, f"alter table users_{round_} add column same text"),
        )

    for round_, outcomes in race(dsn, [amends, registers("same")], isolation, before=prepare):
        assert [state for _, state in outcomes] == [None] * 2, outcomes
        found = rows(
            conn,
            "select * from coord.conflict where affected_objects = array[%s]",
            f"users_{round_}.same",
        )
        assert len(found) == 1
        assert broken_promises(conn) == []


@pytest.mark.parametrize("isolation", LEVELS)
def test_amending_against_looking_again(dsn: str, conn: Connection, isolation: str) -> None:
    """Whoever comes last, the footprint is that of the plan."""
    intents: dict[int, str] = {}

    def prepare(round_: int) -> None:
        intents[round_] = add_column(conn, "host", f"start_{round_}", "c")

    def intent_of(conn: Connection, round_: int) -> str:
        found = value(
            conn,
            "select intent_id::text from coord.intent_history where event = 'registered'"
            " and details->'tables_affected'->>0 = %s",
            f"start_{round_}",
        )
        return str(found)

    def amends(conn: Connection, round_: int, number: int) -> None:
        changes = f"alter table end_{number}_{round_} add column c text"
        conn.execute("select coord.amend_intent(%s, %s::text)", (intent_of(conn, round_), changes))

    def rechecks(conn: Connection, round_: int, number: int) -> None:
        conn.execute("select coord.recheck(%s)", (intent_of(conn, round_),))

    def starts(conn: Connection, round_: int, number: int) -> None:
        conn.execute("select coord.mark_in_progress(%s)", (intent_of(conn, round_),))

    work = [amends, rechecks, starts, amends]
    for round_, outcomes in race(dsn, work, isolation, before=prepare):
        assert [state for _, state in outcomes] == [None] * 4, outcomes
        found = rows(
            conn,
            "select i.schema_changes, k.key from coord.intent i join coord.intent_key k"
            " on k.intent_no = i.intent_no and k.key like 'name %%' where i.id = %s",
            intents[round_],
        )
        [only] = found
        table = only["key"].removeprefix("name public.")
        assert f"alter table {table} " in only["schema_changes"][0]
    assert broken_promises(conn) == []


@pytest.mark.parametrize("isolation", LEVELS)
def test_moving_one_intent_has_one_winner(dsn: str, conn: Connection, isolation: str) -> None:
    intents: dict[int, str] = {}

    def prepare(round_: int) -> None:
        intents[round_] = add_column(conn, "host", f"users_{round_}", "c")

    def starts(conn: Connection, round_: int, number: int) -> None:
        intent = value(
            conn,
            "select id::text from coord.intent where tables_affected = array[%s]",
            f"users_{round_}",
        )
        conn.execute("select coord.mark_in_progress(%s)", (intent,))

    for round_, outcomes in race(dsn, [starts] * 3, isolation, before=prepare):
        assert sorted(str(state) for _, state in outcomes) == ["IC002", "IC002", "None"], outcomes
        assert status(conn, intents[round_]) == "in_progress"
    assert broken_promises(conn) == []


@pytest.mark.parametrize("isolation", LEVELS)
def test_a_script_of_many_tables_against_single_ones(
    dsn: str, conn: Connection, isolation: str
) -> None:
    """Locks are taken in one order, whatever the order of the statements."""
    names = [f"t{number}" for number in range(6)]

    def many(order: int) -> Callable[[Connection, int, int], None]:
        def work(conn: Connection, round_: int, number: int) -> None:
            script = ";".join(
                f"alter table {name} add column c_{round_}_{number} int"
                for name in (names if order else reversed(names))
            )
            conn.execute(
                "select coord.register_intent(%s, %s, %s::text)",
                (f"agent {number}", f"feature {number}", script),
            )

        return work

    for _, outcomes in race(dsn, [many(0), many(1), many(0), many(1)], isolation):
        assert [state for _, state in outcomes] == [None] * 4, outcomes
    assert broken_promises(conn) == []


@pytest.mark.parametrize("isolation", LEVELS)
def test_dropping_a_schema_against_tables_in_it(dsn: str, conn: Connection, isolation: str) -> None:
    def drops(conn: Connection, round_: int, number: int) -> None:
        conn.execute(
            "select coord.register_intent('dropper', %s, %s::text)",
            (f"drop, round {round_}", f"drop schema s_{round_} cascade"),
        )

    def creates(conn: Connection, round_: int, number: int) -> None:
        conn.execute(
            "select coord.register_intent(%s, %s, %s::text)",
            (
                f"agent {number}",
                f"create {number}, round {round_}",
                f"alter table s_{round_}.t{number} add column c int",
            ),
        )

    for round_, outcomes in race(dsn, [creates, drops, creates], isolation):
        assert [state for _, state in outcomes] == [None] * 3, outcomes
        found = rows(
            conn,
            "select distinct a.agent_id as one, b.agent_id as two from coord.conflict c"
            " join coord.intent a on a.id = c.intent_a join coord.intent b on b.id = c.intent_b"
            " where a.feature_name ~ %s",
            f"round {round_}$",
        )
        assert len(found) == 2, found


def test_stale_snapshot_ends_in_40001_not_in_a_missed_conflict(
    conn: Connection, connect: Callable[..., Connection]
) -> None:
    for isolation in ("repeatable read", "serializable"):
        stale = connect(autocommit=True)
        stale.execute(f"begin isolation level {isolation}")
        stale.execute("select count(*) from coord.intent")
        add_column(conn, "fresh", f"users_{isolation.split()[0]}", "same")
        with pytest.raises(psycopg.errors.SerializationFailure):
            add_column(stale, "stale", f"users_{isolation.split()[0]}", "same")
        stale.execute("rollback")


def test_stale_snapshot_does_not_hide_a_new_container(
    conn: Connection, connect: Callable[..., Connection]
) -> None:
    """Whoever drops the schema holds a snapshot from before the table in it was declared."""
    stale = connect(autocommit=True)
    stale.execute("begin isolation level repeatable read")
    stale.execute("select count(*) from coord.intent")
    add_column(conn, "fresh", "s.users", "c")
    with pytest.raises(psycopg.errors.SerializationFailure):
        stale.execute("select coord.register_intent('stale', 'f', 'drop schema s cascade')")
    stale.execute("rollback")


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
def test_the_last_two_conflicts_closed_with_stale_snapshots(
    conn: Connection, connect: Callable[..., Connection], isolation: str
) -> None:
    """One side ends; the other conflict is reviewed by who cannot see that yet."""
    ending = add_column(conn, "ada", "users", "a")
    add_column(conn, "bob", "users", "b")
    guest = add_column(conn, "guest", "users", "c")
    with_bob = value(
        conn,
        "select c.id from coord.conflict c join coord.intent i on i.id = c.intent_b"
        " where c.intent_a = %s and i.agent_id = 'bob'",
        guest,
    )
    stale = connect(autocommit=True)
    stale.execute(f"begin isolation level {isolation}")
    stale.execute("select count(*) from coord.intent")
    move(conn, ending, "abandoned")
    assert status(conn, guest) == "conflicted"
    with pytest.raises(psycopg.errors.SerializationFailure):
        stale.execute("select coord.resolve_conflict(%s, 'agreed')", (with_bob,))
    stale.execute("rollback")
    conn.execute("select coord.resolve_conflict(%s, 'agreed')", (with_bob,))
    assert status(conn, guest) == "registered"


def test_disjoint_registrations_do_not_wait(
    conn: Connection, connect: Callable[..., Connection]
) -> None:
    holder = connect(autocommit=False)
    add_column(holder, "ada", "users", "a")
    conn.execute("set lock_timeout = '2s'")
    add_column(conn, "bob", "orders", "b")
    holder.rollback()


def test_a_wait_is_bounded_and_names_the_blocker(
    conn: Connection, connect: Callable[..., Connection]
) -> None:
    conn.execute("update coord.setting set value = '300' where name = 'lock_wait_ms'")
    holder = connect(autocommit=False, application_name="the blocker")
    add_column(holder, "ada", "users", "a")
    before = value(conn, "show lock_timeout")
    with pytest.raises(psycopg.errors.LockNotAvailable) as refused:
        add_column(conn, "bob", "users", "b")
    detail = refused.value.diag.message_detail or ""
    assert f"process {holder.info.backend_pid}," in detail
    assert "the blocker" in detail
    assert "idle in transaction" in detail
    assert "pg_terminate_backend" in (refused.value.diag.message_hint or "")
    assert value(conn, "show lock_timeout") == before
    holder.commit()
    add_column(conn, "bob", "users", "b")
    assert value(conn, "show lock_timeout") == before
